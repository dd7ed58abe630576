"""The status page of the real usherd, asked as a browser and others would."""

import http.client
import json
import socket
import unittest

from harness import tokens, usherd, wire
from harness.scene import Scene
from harness.waiting import wait_until


class StatusPage(Scene):
    @classmethod
    def set_the_scene(cls):
        cls.corp = cls.issuer("corp")
        cls.away = cls.issuer("away")
        cls.away.fault(status=503)
        cls.daemon = cls.usherd(
            usherd.issuer(cls.corp), usherd.issuer(cls.away, required=False),
            insecure_allow_remote_admin=True)
        cls.address = cls.daemon.said["status_page"]

    def ask(self, method, path, body=None, **headers):
        """(status, headers, text)."""
        link = http.client.HTTPConnection(self.address, timeout=10)
        try:
            link.request(method, path, body, {
                name.replace("_", "-"): text
                for name, text in headers.items()})
            answer = link.getresponse()
            return answer.status, answer.headers, answer.read().decode()
        finally:
            link.close()

    def status(self, query=""):
        code, _, text = self.ask("GET", f"/api/status{query}")
        self.assertEqual(code, 200, text)
        return json.loads(text)

    def explain(self, token, status=200, **question):
        code, _, text = self.ask(
            "POST", "/api/explain",
            json.dumps({"token": self.secret(token), **question}),
            Content_Type="application/json",
            Origin=f"http://{self.address}", Sec_Fetch_Site="same-origin")
        self.assertEqual(code, status, text)
        return json.loads(text)

    def test_it_is_one_page_whose_parts_are_all_there(self):
        code, headers, page = self.ask("GET", "/")
        self.assertEqual(code, 200)
        self.assertIn("text/html", headers["Content-Type"])
        self.assertIn("default-src 'none'", headers["Content-Security-Policy"])
        self.assertEqual(headers["Cache-Control"], "no-store")
        self.assertEqual(headers["X-Content-Type-Options"], "nosniff")
        parts = set()
        left = ["/page.js"] + [part for part in ("/style.css", "/icon.svg")
                               if f'"{part}"' in page]
        while left:
            part = left.pop()
            parts.add(part)
            code, _, text = self.ask("GET", part)
            self.assertEqual(code, 200, part)
            left += [f"/{line.split('./')[1].split(chr(34))[0]}"
                     for line in text.splitlines()
                     if line.startswith("import ") and "./" in line
                     and f"/{line.split('./')[1].split(chr(34))[0]}"
                     not in parts]
        self.assertGreaterEqual(len(parts), 8)

    def test_it_shows_the_state_of_usherd(self):
        status = wait_until(
            lambda: (lambda s: s if s["issuers"]["list"][0].get("last_error")
                     else None)(self.status()), "away has failed")
        self.assertTrue(status["ready"])
        self.assertEqual(status["generation"], 1)
        self.assertEqual(status["in_flight"], 0)
        self.assertGreater(status["now"], status["started_at"])
        self.assertIn(
            "insecure_allow_remote_admin",
            " ".join(warning["text"] for warning in status["warnings"]))
        issuers = status["issuers"]
        self.assertEqual((issuers["total"], issuers["ready"], issuers["down"]),
                         (2, 1, 1))
        away, corp = issuers["list"]
        self.assertEqual((away["name"], away["state"]), ("away", "down"))
        self.assertIn("503", away["last_error"])
        self.assertEqual((corp["name"], corp["state"]), ("corp", "ready"))
        self.assertEqual(corp["keys"][0]["kid"], "k1")
        self.assertEqual(corp["keys"][0]["algorithms"], ["RS256"])
        self.assertGreater(corp["next_refresh"], status["now"] - 60_000)
        self.assertEqual(
            [i["name"] for i in self.status("?text=COR")["issuers"]["list"]],
            ["corp"])
        self.assertEqual(
            [i["name"] for i in self.status("?troubled=1")["issuers"]["list"]],
            ["away"])

    def test_verdicts_appear_in_its_history(self):
        wire.verdict_of(lambda: self.daemon.service.verify(
            self.secret(self.corp.mint_at(-3600))))

        def counted():
            for series in self.status()["verdicts"]["series"]:
                if series["result"] == "TOKEN_EXPIRED":
                    return sum(series["counts"])
            return 0
        self.assertGreaterEqual(
            wait_until(counted, "the slice has ended"), 1)

    def test_it_explains_tokens_as_the_command_line_does(self):
        good = self.corp.mint()
        for token in (good, self.corp.mint_at(-3600),
                      tokens.with_claims(good, sub="root"),
                      self.corp.mint({"aud": "billing"}), self.away.mint(),
                      "x", "x" * 20000):
            self.secret(token)
            said = self.explain(token)
            answer = self.daemon.service.explain(token)
            self.assertEqual(said.get("reason", "VERIFIED"),
                             wire.verdict(answer.response))
            self.assertEqual(
                [(c["name"], c["outcome"].upper(), c["detail"])
                 for c in said["checks"]],
                [(c.name, wire.admin.Check.Outcome.Name(c.outcome), c.detail)
                 for c in answer.checks])
        self.assertIn("verdict", said)

    def test_an_invalid_request_is_reported_with_its_field(self):
        said = self.explain("", status=400)
        self.assertEqual([f["field"] for f in said["faults"]], ["token"])

    def test_no_other_site_gets_an_answer(self):
        body = json.dumps({"token": "x"})
        own = {"Content_Type": "application/json"}
        for expected, headers in (
                (421, {**own, "Host": "evil.example"}),
                (421, {**own, "Host": "evil.example:9465"}),
                (403, {**own, "Origin": "http://evil.example"}),
                (403, {**own, "Origin": "null"}),
                (403, {**own, "Sec_Fetch_Site": "cross-site"}),
                (415, {"Content_Type": "text/plain"})):
            code, answered, _ = self.ask("POST", "/api/explain", body, **headers)
            self.assertEqual(code, expected, headers)
            self.assertNotIn("Access-Control-Allow-Origin", answered)
        code, answered, _ = self.ask(
            "OPTIONS", "/api/explain", Origin=f"http://{self.address}",
            Access_Control_Request_Method="POST")
        self.assertEqual(code, 405)
        self.assertNotIn("Access-Control-Allow-Origin", answered)
        self.assertEqual(
            self.ask("GET", "/api/status", Host="evil.example")[0], 421)

    def test_only_what_belongs_there_is_served(self):
        self.assertEqual(self.ask("GET", "/metrics")[0], 404)
        self.assertEqual(self.ask("GET", "/api/explain")[0], 405)
        self.assertEqual(self.ask("POST", "/", "{}",
                                  Content_Type="application/json")[0], 405)
        self.assertEqual(
            self.ask("POST", "/api/explain", "x" * 100_000,
                     Content_Type="application/json")[0], 413)
        self.assertEqual(self.daemon.get("/api/status")[0], 404)

    def test_it_answers_while_other_connections_are_idle(self):
        host, port = self.address.rsplit(":", 1)
        silent = [socket.create_connection((host, int(port)))
                  for _ in range(50)]
        try:
            for one in silent[::2]:
                one.sendall(b"POST /api/explain HTTP/1.1\r\nContent-Le")
            self.assertTrue(self.status()["ready"])
        finally:
            for one in silent:
                one.close()

    def test_it_can_be_disabled(self):
        daemon = self.usherd(usherd.issuer(self.corp), name="without",
                             status_page={"enabled": False})
        self.assertEqual(daemon.said["status_page"], "")

    def test_other_machines_reach_it_only_with_an_insecure_setting(self):
        open_to_all = usherd.configuration(
            [usherd.issuer(self.corp)], status_page={"listen": "0.0.0.0:0"})
        daemon = self.unready_usherd(open_to_all, name="open")
        self.assertEqual(daemon.wait(), 1)
        self.assertIn("insecure_allow_remote_status_page", daemon.log())
        loud = self.usherd(usherd.issuer(self.corp), name="loud",
                           status_page={"listen": "0.0.0.0:0"},
                           insecure_allow_remote_status_page=True)
        self.assertIn("insecure_allow_remote_status_page", loud.log())


if __name__ == "__main__":
    unittest.main()
