"""Policies in files: replaced under load, and compared with a real server."""

import collections
import os
import subprocess
import threading
import unittest

from harness import cli, places, usherd
from harness.guarded import Greeter
from harness.scene import Scene
from harness.waiting import wait_until

FORGET = "/greeter.v1.Greeter/Forget"

OPEN = f"""
audiences: [orders]
services: {{greeter.v1.Greeter: {{}}}}
methods: {{/greeter.v1.Greeter/Version: public}}
reflection: public
"""

# Ada has the scope greeter.write and the tenant acme: each policy refuses her
# Forget, but a mixture of the two would allow it.
WANTS_SCOPE = OPEN.replace("Version: public", f"""Version: public,
  {FORGET}: {{scopes: [greeter.erase], claims: {{tenant: acme}}}}""")
WANTS_CLAIM = OPEN.replace("Version: public", f"""Version: public,
  {FORGET}: {{scopes: [greeter.write], claims: {{tenant: emca}}}}""")


class Policy(Scene):
    @classmethod
    def set_the_scene(cls):
        cls.corp = cls.issuer("corp", alg="ES256", kid="k1")
        cls.usherd(usherd.issuer(cls.corp),
                   listen=f"unix:{cls.directory}/usherd.sock")
        cls.ada = cls.secret(cls.corp.mint(
            {"aud": "orders", "sub": "ada", "scope": "greeter.write",
             "tenant": "acme", "email_verified": True,
             "realm_access": {"roles": ["user", "admin"]}}))

    def setUp(self):
        self.versions = 0
        self.mount = os.path.join(self.directory, self.id().split(".")[-1])
        os.mkdir(self.mount)
        self.policy = os.path.join(self.mount, "policy.yaml")
        os.symlink("..data/policy.yaml", self.policy)

    def swap(self, text):
        """As Kubernetes changes a mounted ConfigMap."""
        self.versions += 1
        version = os.path.join(self.mount, f"v{self.versions}")
        os.mkdir(version)
        with open(os.path.join(version, "policy.yaml"), "w",
                  encoding="utf-8") as file:
            file.write(text)
        new = os.path.join(self.mount, "..new")
        os.symlink(f"v{self.versions}", new)
        os.rename(new, os.path.join(self.mount, "..data"))

    def greeter(self, *policy):
        greeter = Greeter("greeter_policy",
                          f"unix:{self.directory}/usherd.sock",
                          self.mount, *policy)
        self.addCleanup(greeter.stop)
        wait_until(lambda: greeter.call(self.ada)[0] == "OK", "usherd serves")
        return greeter

    def await_answer(self, greeter, start, token=None):
        wait_until(
            lambda: " ".join(greeter.call(token or self.ada, "Forget"))
            .startswith(start), f"the answer is {start}")

    def test_claims_reach_handlers_and_claim_rules(self):
        greeter = self.greeter()
        self.assertEqual(greeter.call(self.ada),
                         ("OK", "hello, ada of acme, admin"))
        self.assertEqual(greeter.call(self.ada, "Forget"), ("OK", "forgotten"))
        for claim, claims in (
                ("tenant", {"tenant": "other"}), ("tenant", {}),
                ("realm_access.roles",
                 {"tenant": "emca", "realm_access": {"roles": ["adm"]}}),
                ("email_verified",
                 {"tenant": "emca", "email_verified": "true",
                  "realm_access": {"roles": ["admin"]}})):
            token = self.secret(self.corp.mint(
                {"aud": "orders", "sub": "eve", "scope": "greeter.write",
                 **claims}))
            for _ in range(2):  # from usherd, then from memory
                self.assertEqual(
                    greeter.call(token, "Forget"),
                    ("PERMISSION_DENIED",
                     f"CLAIM_REJECTED: claim {claim} is absent or not what "
                     "this method requires"))

    def test_while_a_file_is_replaced_each_call_is_decided_by_one_policy(self):
        self.swap(WANTS_SCOPE)
        greeter = self.greeter(self.policy)
        ends = collections.Counter()
        over = threading.Event()

        def load():
            while not over.is_set():
                for method in ("Hello", "Forget", "Version"):
                    code, text = greeter.call(self.ada, method)
                    ends[method, code, text.split(": ")[0]] += 1

        threads = [threading.Thread(target=load) for _ in range(3)]
        for thread in threads:
            thread.start()
        scope = ("Forget", "PERMISSION_DENIED", "insufficient_scope")
        claim = ("Forget", "PERMISSION_DENIED", "CLAIM_REJECTED")
        for text, end in 2 * ((WANTS_CLAIM, claim), (WANTS_SCOPE, scope)):
            self.swap(text)
            before = ends[end]
            wait_until(lambda: ends[end] > before + 20, f"{end} after a swap")
        over.set()
        for thread in threads:
            thread.join()
        print(dict(ends))
        self.assertEqual(set(ends), {
            scope, claim, ("Hello", "OK", "hello, ada of acme, admin"),
            ("Version", "OK", "1")})

    def test_a_file_with_errors_changes_nothing_and_is_logged(self):
        self.swap(OPEN)
        greeter = self.greeter(self.policy)
        self.await_answer(greeter, "OK forgotten")
        self.swap(OPEN + "default: public\nchannels: {}\n")
        wait_until(lambda: "the changed policy file is not used" in greeter.log(),
                   "the error is logged")
        self.assertIn("default: must not be public", greeter.log())
        self.assertIn("unknown key \"channels\": did you mean channelz?",
                      greeter.log())
        self.await_answer(greeter, "OK forgotten")
        self.swap(WANTS_CLAIM)
        self.await_answer(greeter, "PERMISSION_DENIED CLAIM_REJECTED: ")
        os.remove(self.policy)
        wait_until(lambda: "cannot read" in greeter.log(),
                   "the missing file is logged")
        self.await_answer(greeter, "PERMISSION_DENIED CLAIM_REJECTED: ")

    def test_a_file_with_errors_prevents_the_start(self):
        self.swap("audiences: []\nservices: {a.B: {scope: [x]}}\n")
        done = subprocess.run(
            [places.program("greeter_policy"), "127.0.0.1:0", "127.0.0.1:1",
             self.policy], capture_output=True, text=True, timeout=30,
            stdin=subprocess.DEVNULL)
        self.assertEqual(done.returncode, 1)
        self.assertIn("audiences: must not be empty", done.stderr)
        self.assertIn("unknown key \"scope\": did you mean scopes? (line 2)",
                      done.stderr)

    def test_check_policy_compares_a_file_with_a_server(self):
        self.swap(WANTS_SCOPE)
        greeter = self.greeter(self.policy)
        server = f"127.0.0.1:{greeter.port}"
        ran = cli.usher("check-policy", self.policy, "--server", server)
        self.assertEqual(ran.status, 0, ran)
        self.assertRegex(ran.out, "(?m)^/greeter.v1.Greeter/Version +method +"
                         "public$")
        self.assertRegex(
            ran.out, "(?m)^/greeter.v1.Greeter/Forget +method +token; scopes: "
            "greeter.erase; audiences: orders; claims: tenant is \"acme\"$")
        self.assertRegex(ran.out, "(?m)^/greeter.v1.Greeter/Hello +service +"
                         "token; audiences: orders$")
        self.assertIn("OK, 4 methods, 0 of them refused for all callers",
                      ran.out)

        slip = os.path.join(self.mount, "slip.yaml")
        with open(slip, "w", encoding="utf-8") as file:
            file.write("audiences: [orders]\n"
                       "methods:\n"
                       "  /greeter.v1.Greeter/Hello: {}\n"
                       "  /greeter.v1.Greeter/Forgot: {}\n"
                       "services: {greeter.v2.Greeter: {}}\n")
        ran = cli.usher("check-policy", slip, "--server", server, "--json")
        self.assertEqual(ran.status, 1, ran)
        answer = ran.json()
        self.assertEqual(answer["faults"], [])
        self.assertEqual(
            {row["method"]: row["verdict"] for row in answer["methods"]},
            {"/greeter.v1.Greeter/Forget": "refused",
             "/greeter.v1.Greeter/Hello": "token",
             "/greeter.v1.Greeter/Version": "refused",
             "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo":
                 "refused"})
        self.assertEqual(
            answer["unmatched_rules"],
            ["the rule for method greeter.v1.Greeter/Forgot matches no method: "
             "did you mean greeter.v1.Greeter/Forget?",
             "the rule for service greeter.v2.Greeter matches no method: did "
             "you mean greeter.v1.Greeter?"])

    def test_check_policy_asks_a_guarded_reflection_with_a_token(self):
        guarded = OPEN.replace("reflection: public",
                               "reflection: {scopes: [greeter.write]}")
        self.swap(guarded)
        greeter = self.greeter(self.policy)
        server = f"127.0.0.1:{greeter.port}"
        ran = cli.usher("check-policy", self.policy, "--server", server)
        self.assertEqual(ran.status, 3, ran)
        self.assertIn("its reflection is guarded; try --token @FILE", ran.err)
        ran = cli.usher("check-policy", self.policy, "--server", server,
                        "--token", "-", given=self.ada)
        self.assertEqual(ran.status, 0, ran)

    def test_check_policy_reads_descriptors(self):
        # The file has the gateway's service too.
        self.swap(OPEN.replace("services: {",
                               "services: {greeter.v1.Gateway: {}, "))
        set_file = os.path.join(self.mount, "greeter.pb")
        examples = places.SOURCE / "client" / "examples"
        subprocess.run(
            ["protoc", "-I", examples, f"--descriptor_set_out={set_file}",
             examples / "greeter.proto"], check=True, timeout=30)
        ran = cli.usher("check-policy", self.policy, "--descriptors", set_file)
        self.assertEqual(ran.status, 0, ran)
        self.assertIn("OK, 4 methods", ran.out)
        ran = cli.usher("check-policy", self.policy, "--descriptors",
                        self.policy)
        self.assertEqual(ran.status, 2, ran)
        self.assertIn("is not what protoc --descriptor_set_out writes",
                      ran.err)

    def test_check_policy_validates_a_file_alone(self):
        self.swap(OPEN)
        ran = cli.usher("check-policy", self.policy)
        self.assertEqual(ran.status, 0, ran)
        self.assertIn("no errors", ran.out)
        self.swap(OPEN + "default: public\n")
        ran = cli.usher("check-policy", self.policy)
        self.assertEqual(ran.status, 1, ran)
        self.assertIn("error    default: must not be public", ran.out)
        ran = cli.usher("check-policy", "/nowhere.yaml")
        self.assertEqual(ran.status, 1, ran)
        self.assertIn("cannot read /nowhere.yaml", ran.out)
        self.swap(OPEN)
        ran = cli.usher("check-policy", self.policy, "--server",
                        "127.0.0.1:1")
        self.assertEqual(ran.status, 3, ran)
        self.assertIn("cannot ask 127.0.0.1:1: ", ran.err)


if __name__ == "__main__":
    unittest.main()
