"""Ten thousand altered tokens: none is verified.

USHER_E2E_SEED repeats a run; the seed is printed.
"""

import collections
import os
import random
import unittest

from harness import usherd, wire
from harness.faults import WAYS
from harness.scene import Scene, figure

COUNT = 10_000
BATCH = 200
CONTROLS = 10  # good tokens in each batch


class RandomFaults(Scene):
    @classmethod
    def set_the_scene(cls):
        cls.issuers = [cls.issuer(alg.lower(), alg=alg)
                       for alg in ("RS256", "PS256", "ES256", "Ed25519")]
        cls.daemon = cls.usherd(*map(usherd.issuer, cls.issuers))

    def test_all_are_refused_and_every_good_token_is_verified(self):
        seed = int(os.environ.get("USHER_E2E_SEED",
                                  random.SystemRandom().getrandbits(32)))
        figure("random faults: USHER_E2E_SEED", seed)
        chance = random.Random(seed)
        goods = [self.secret(issuer.mint({"n": n, "sub": f"user-{n}"}))
                 for issuer in self.issuers for n in range(10)]
        good_set = set(goods)
        ways = list(WAYS.items())
        seen = collections.Counter()
        done = 0
        while done < COUNT:
            batch = []  # (token, way or None)
            while len(batch) < BATCH:
                way, spoil = ways[(done + len(batch)) % len(ways)]
                token = spoil(chance, *chance.sample(goods, 2))
                # Some alterations change nothing, such as swapping equal headers.
                if token and token not in good_set:
                    batch.append((token, way))
            batch += [(token, None)
                      for token in chance.sample(goods, CONTROLS)]
            chance.shuffle(batch)
            results = self.daemon.service.verify_many(
                [wire.tokens.VerifyRequest(token=t) for t, _ in batch])
            self.assertEqual(len(results), len(batch))
            for (token, way), result in zip(batch, results):
                verdict = wire.verdict(result)
                if way is None:
                    self.assertEqual(verdict, "VERIFIED", token)
                    continue
                self.assertNotEqual(verdict, "VERIFIED", (way, token))
                seen[verdict] += 1
            done += BATCH
        figure("random faults", f"{done} tokens, none verified: "
               + ", ".join(f"{k} {v}" for k, v in seen.most_common()))


if __name__ == "__main__":
    unittest.main()
