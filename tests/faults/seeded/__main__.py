"""`python -m tests.faults.seeded`: plant every bug and print which check has seen it, after how many seconds."""

import sys

from tests.faults.seeded.bugs import bugs, look


def main(numbers: list[int]) -> int:
    """Plant the bugs with these numbers, all without any; 1 if one of them was not seen for the expected reason."""
    unseen = []
    for bug in bugs():
        if numbers and bug.number not in numbers:
            continue
        seen = look(bug)
        mark = "seen  " if seen.is_red else "UNSEEN"
        print(
            f"{bug.number:>3}  {mark} {seen.seconds:>6.1f} s  {bug.what:<88} {bug.caught_by.rpartition('::')[2]}",
            flush=True,
        )
        if not seen.is_red:
            unseen.append(bug.number)
            print(seen.said, flush=True)
    return 1 if unseen else 0


if __name__ == "__main__":
    sys.exit(main([int(word) for word in sys.argv[1:]]))
