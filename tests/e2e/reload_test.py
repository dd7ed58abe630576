"""The configuration changes while usherd runs."""

import json
import os
import pathlib
import signal
import socket
import unittest

from harness import usherd, wire
from harness.certificates import Authority
from harness.scene import Scene
from harness.waiting import wait_until

TAKEN = 'usher_configuration_reloads_total{result="ok"}'
REFUSED = 'usher_configuration_reloads_total{result="failed"}'
GOOD = "usher_configuration_last_reload_successful"
GENERATION = "usher_configuration_generation"


def events(daemon, name):
    """The lines of the log with that event."""
    lines = [json.loads(line) for line in daemon.log().splitlines()
             if line.startswith("{")]
    return [line for line in lines if line["event"] == name]


class Reload(Scene):
    @classmethod
    def set_the_scene(cls):
        cls.corp = cls.issuer("corp")
        cls.partner = cls.issuer("partner", alg="ES256")

    def verdict(self, daemon, token, **fields):
        self.secret(token)
        return wire.verdict_of(lambda: daemon.service.verify(token, **fields))

    def await_verdict(self, daemon, token, verdict):
        wait_until(lambda: self.verdict(daemon, token) == verdict,
                   f"the token is {verdict}")

    def change(self, daemon, *issuers, signalled=True, **settings):
        """Replaces the file, as an editor does. The signal saves waiting for
        usherd to see the change by itself."""
        new = daemon.config_file.with_suffix(".new")
        new.write_text(usherd.configuration(list(issuers), **settings))
        new.rename(daemon.config_file)
        if signalled:
            daemon.signal(signal.SIGHUP)

    def await_count(self, daemon, metric, count):
        wait_until(lambda: daemon.metrics()[metric] == count,
                   f"{metric} is {count}")

    def await_line(self, daemon, event, **fields):
        wait_until(lambda: any(fields.items() <= line.items()
                               for line in events(daemon, event)),
                   f"the log has {event} with {fields}")

    def test_issuers_are_added_changed_and_removed_without_effect_on_others(
            self):
        daemon = self.usherd(usherd.issuer(self.corp), name="issuers")
        corp, partner = self.corp.mint(), self.partner.mint()
        self.assertEqual(self.verdict(daemon, corp), "VERIFIED")
        self.assertEqual(self.verdict(daemon, partner), "ISSUER_UNKNOWN")
        fetches = self.corp.fetches()

        self.change(daemon, usherd.issuer(self.corp),
                    usherd.issuer(self.partner))
        self.await_verdict(daemon, partner, "VERIFIED")
        self.assertEqual(set(daemon.service.issuers()), {"corp", "partner"})
        counted = daemon.metrics()
        self.assertGreater(counted[GENERATION], 1)
        self.assertEqual(counted['usher_issuer_ready{issuer="partner"}'], 1)
        self.assertIn('usher_verdicts_total{issuer="partner",'
                      'result="KEYS_UNAVAILABLE"}', counted)
        self.await_line(daemon, "configuration_taken",
                        added=["issuers[partner]"])

        partner_fetches = self.partner.fetches()
        self.change(daemon, usherd.issuer(self.corp),
                    usherd.issuer(self.partner, audiences=["billing"]))
        self.await_verdict(daemon, partner, "AUDIENCE_MISMATCH")
        self.await_line(daemon, "configuration_taken",
                        changed=["issuers[partner].audiences"])
        # A changed audience does not cause another fetch of the keys.
        self.assertEqual(self.partner.fetches(), partner_fetches)

        before = daemon.metrics()['usher_verdicts_total{issuer="corp",'
                                  'result="VERIFIED"}']
        self.change(daemon, usherd.issuer(self.corp))
        self.await_verdict(daemon, partner, "ISSUER_UNKNOWN")
        self.await_line(daemon, "configuration_taken",
                        removed=["issuers[partner]"])
        after = daemon.metrics()
        self.assertFalse([name for name in after if "partner" in name])
        self.assertEqual(after['usher_verdicts_total{issuer="corp",'
                               'result="VERIFIED"}'], before)
        self.assertEqual(self.verdict(daemon, corp), "VERIFIED")
        self.assertEqual(self.corp.fetches(), fetches)

    def test_a_swapped_link_is_followed_as_in_a_kubernetes_volume(self):
        volume = pathlib.Path(self.directory, "volume")
        for version, issuers in (("v1", [self.corp]),
                                 ("v2", [self.corp, self.partner])):
            (volume / version).mkdir(parents=True)
            (volume / version / "usher.yaml").write_text(
                usherd.configuration(list(map(usherd.issuer, issuers))))
        (volume / "..data").symlink_to("v1")
        (volume / "usher.yaml").symlink_to("..data/usher.yaml")
        linked = pathlib.Path(self.directory, "linked.yaml")
        linked.symlink_to(volume / "usher.yaml")
        # Its start writes the same text through the links.
        daemon = self.usherd(usherd.issuer(self.corp), name="linked")
        token = self.partner.mint()
        self.assertEqual(self.verdict(daemon, token), "ISSUER_UNKNOWN")
        (volume / "..data_tmp").symlink_to("v2")
        (volume / "..data_tmp").rename(volume / "..data")
        self.await_verdict(daemon, token, "VERIFIED")

    def test_a_file_with_errors_changes_nothing_and_every_error_is_logged(
            self):
        daemon = self.usherd(usherd.issuer(self.corp), name="faulty")
        token = self.corp.mint()
        self.change(daemon, usherd.issuer(self.partner, audiences=[]),
                    usherd.issuer(self.corp, clock_skew="9h"), lisen="x",
                    signalled=False)
        self.await_count(daemon, REFUSED, 1)
        counted = daemon.metrics()
        self.assertEqual((counted[GOOD], counted[GENERATION]), (0, 1))
        faults = " ".join(line["fault"] for line in
                          events(daemon, "configuration_fault"))
        for path in ("lisen", "issuers[0].audiences", "issuers[1].clock_skew"):
            self.assertIn(path, faults)
        self.assertTrue(events(daemon, "configuration_refused"))
        self.assertTrue(daemon.ready())
        self.assertEqual(self.verdict(daemon, token), "VERIFIED")
        self.assertEqual(set(daemon.service.issuers()), {"corp"})

        os.remove(daemon.config_file)
        self.await_count(daemon, REFUSED, 2)
        self.assertEqual(self.verdict(daemon, token), "VERIFIED")

        self.change(daemon, usherd.issuer(self.corp),
                    usherd.issuer(self.partner), signalled=False)
        self.await_count(daemon, TAKEN, 1)
        counted = daemon.metrics()
        self.assertEqual((counted[GOOD], counted[GENERATION]), (1, 2))
        self.assertGreater(
            counted["usher_configuration_last_reload_success_timestamp_"
                    "seconds"], 1e9)
        self.await_verdict(daemon, self.partner.mint(), "VERIFIED")

    def test_sighup_loads_the_file_at_once_and_notifies_the_service_manager(
            self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
            path = f"{self.directory}/notify"
            manager.bind(path)
            manager.settimeout(20)
            daemon = self.usherd(usherd.issuer(self.corp), name="hup",
                                 before=["env", f"NOTIFY_SOCKET={path}"])
            self.assertEqual(manager.recv(100), b"READY=1")
            daemon.signal(signal.SIGHUP)
            self.assertTrue(
                manager.recv(100).startswith(b"RELOADING=1\nMONOTONIC_USEC="))
            self.assertTrue(manager.recv(100).startswith(b"READY=1\n"))
            self.await_count(daemon, TAKEN, 1)
            self.assertEqual(
                events(daemon, "configuration_taken")[0]["cause"], "signal")
            daemon.config_file.write_text("nonsense")
            daemon.signal(signal.SIGHUP)
            self.assertIn(b"RELOADING=1", manager.recv(100))
            self.assertIn(b"refused", manager.recv(200))
            daemon.signal(signal.SIGTERM)
            self.assertEqual(daemon.wait(), 0)

    def test_settings_that_need_a_restart_wait_and_the_others_take_effect(
            self):
        daemon = self.usherd(usherd.issuer(self.corp), name="restart")
        self.change(daemon, usherd.issuer(self.corp),
                    usherd.issuer(self.partner), log={"level": "warning"},
                    listen="127.0.0.1:1", token_cache={"enabled": False})
        self.await_verdict(daemon, self.partner.mint(), "VERIFIED")
        self.await_count(daemon, "usher_configuration_restart_keys", 2)
        counted = daemon.metrics()
        self.assertEqual(counted[GOOD], 1)
        self.assertEqual(events(daemon, "restart_needed")[0]["keys"],
                         ["listen", "token_cache.enabled"])
        # log.level takes effect at once.
        self.assertFalse(events(daemon, "configuration_taken"))
        self.change(daemon, usherd.issuer(self.corp))
        self.await_count(daemon, "usher_configuration_restart_keys", 0)

    def test_callers_take_effect_only_with_mutual_tls(self):
        authority = Authority(self.directory, "late-ca")
        certificate, key = authority.issue("usherd", "IP:127.0.0.1")
        daemon = self.usherd(usherd.issuer(self.corp), name="late-tls")
        self.change(
            daemon, usherd.issuer(self.corp),
            tls={"certificate": certificate, "private_key": key,
                 "client_ca": authority.certificate},
            callers=[{"name": "orders", "certificate": "orders",
                      "audiences": ["orders"]}])
        wait_until(lambda: daemon.metrics()[GOOD] == 0, "it is refused")
        self.assertIn("until a restart applies tls",
                      events(daemon, "configuration_fault")[0]["fault"])
        self.assertEqual(self.verdict(daemon, self.corp.mint()), "VERIFIED")

    def test_the_files_it_names_are_followed(self):
        keys = pathlib.Path(self.directory, "keys.json")
        keys.write_text(json.dumps(self.corp.jwks()))
        ca = pathlib.Path(self.directory, "changing-ca.pem")
        ca.write_text(self.corp.ca_file.read_text())  # not the partner's
        daemon = self.usherd(
            usherd.issuer(self.corp, keys={"jwks_file": str(keys)}),
            usherd.issuer(self.partner, ca_file=str(ca), required=False),
            name="files")
        partner = self.partner.mint()
        self.assertEqual(self.verdict(daemon, partner), "KEYS_UNAVAILABLE")
        ca.write_text(self.partner.ca_file.read_text())
        self.await_verdict(daemon, partner, "VERIFIED")
        self.await_line(daemon, "configuration_taken", cause="file",
                        changed=["issuers[partner].ca_file"])

        # A key set in a file is read again without a reload.
        generation = daemon.metrics()[GENERATION]
        self.corp.rotate()
        rotated = self.corp.mint()
        self.assertEqual(self.verdict(daemon, rotated), "KEY_NOT_FOUND")
        keys.write_text(json.dumps(self.corp.jwks()))
        self.await_verdict(daemon, rotated, "VERIFIED")
        self.assertEqual(daemon.metrics()[GENERATION], generation)

    def test_a_new_issuer_without_keys_leaves_the_replica_ready(self):
        daemon = self.usherd(usherd.issuer(self.corp), name="ready")
        lost = usherd.issuer(self.partner, required=True,
                             keys={"jwks_url": "https://127.0.0.1:1/keys"})
        self.change(daemon, usherd.issuer(self.corp), lost)
        wait_until(lambda: daemon.service.issuers()["partner"]
                   .consecutive_failures > 0, "its first fetch fails")
        self.assertTrue(daemon.ready())
        counted = daemon.metrics()
        self.assertEqual(counted["usher_ready"], 1)
        # The alert UsherIssuerDown reads this one.
        self.assertEqual(counted['usher_issuer_ready{issuer="partner"}'], 0)
        self.assertEqual(self.verdict(daemon, self.corp.mint()), "VERIFIED")


if __name__ == "__main__":
    unittest.main()
