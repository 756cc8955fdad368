#!/usr/bin/env python3
"""Opens very many connections that dribble their headers, and times ordinary requests meanwhile.

    scripts/slow_clients.py PORT [--path /healthz] [--connections 10000] [--seconds 30]

Slow connections that were cut are opened again until the time is over. Talks to 127.0.0.1 only. Ends with 1 if the
p99 of the ordinary requests is 100 ms or more or one of them failed, if a slow connection lived for more than
15 seconds, or if most of the slow connections could not be held open at one time.
"""

import argparse
import multiprocessing
import resource
import select
import socket
import sys
import time

HOST = "127.0.0.1"
LONGEST_LIFE = 15.0
P99_LIMIT = 0.100
TICKS_A_SECOND = 20
OPENED_IN_A_TICK = 100  # faster bursts would measure the kernel's queue of new connections


def main():
    arguments = parse_arguments()
    shares = split(arguments.connections, raise_descriptor_limit() - 100)
    over = multiprocessing.Event()
    reports = multiprocessing.SimpleQueue()
    processes = [
        multiprocessing.Process(target=dribble, args=(arguments, share, reports), daemon=True) for share in shares
    ]
    processes.append(multiprocessing.Process(target=time_requests, args=(arguments, over, reports), daemon=True))
    for process in processes:
        process.start()
    slow = [reports.get() for _ in shares]
    over.set()
    ordinary = reports.get()
    sys.exit(judge(slow, ordinary, arguments.connections))


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("port", type=int)
    parser.add_argument("--path", default="/healthz", help="what the ordinary requests ask for")
    parser.add_argument("--connections", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=30.0, help="how long cut connections are opened again")
    return parser.parse_args()


def raise_descriptor_limit():
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return 1_000_000 if hard == resource.RLIM_INFINITY else hard


def split(total, most):
    """Shares of at most `most`, one for each process."""
    count = -(-total // max(1, most))
    return [total // count + (1 if index < total % count else 0) for index in range(count)]


class Dribblers:
    """The slow connections of one process."""

    def __init__(self, arguments, wanted):
        self.address = (HOST, arguments.port)
        self.beginning = f"GET {arguments.path} HTTP/1.1\r\nHost: {HOST}\r\nX-Slow: ".encode()
        self.wanted = wanted
        self.epoll = select.epoll()
        self.open = {}  # descriptor: (socket, since)
        self.lives = []
        self.answered = 0
        self.failed = 0
        self.most = 0

    def open_some(self):
        for _ in range(min(OPENED_IN_A_TICK, self.wanted - len(self.open))):
            since = time.monotonic()
            try:
                connection = socket.create_connection(self.address, timeout=5)
                connection.setblocking(False)
                connection.send(self.beginning)
            except OSError:
                self.failed += 1
                return
            self.open[connection.fileno()] = (connection, since)
            self.epoll.register(connection.fileno(), select.EPOLLIN)
        self.most = max(self.most, len(self.open))

    def send_a_byte(self, tick):
        """Each connection in one tick of a second; the server's close is noticed by `reap`."""
        for descriptor, (connection, _) in list(self.open.items()):
            if descriptor % TICKS_A_SECOND != tick % TICKS_A_SECOND:
                continue
            try:
                connection.send(b"a")
            except OSError:
                self.close(descriptor)

    def reap(self):
        """Closes the connections on which the server said something or hung up."""
        for descriptor, _ in self.epoll.poll(0, 20_000):
            if descriptor not in self.open:
                continue
            try:
                self.answered += bool(self.open[descriptor][0].recv(4_096))
            except OSError:
                pass
            self.close(descriptor)

    def close(self, descriptor):
        connection, since = self.open.pop(descriptor)
        self.lives.append(time.monotonic() - since)
        connection.close()

    def report(self):
        survivors = [time.monotonic() - since for _, since in self.open.values()]
        return {"lives": self.lives, "survivors": survivors, "answered": self.answered, "failed": self.failed,
                "most": self.most}


def dribble(arguments, wanted, reports):
    dribblers = Dribblers(arguments, wanted)
    began = time.monotonic()
    opened_until = began + max(arguments.seconds, wanted / OPENED_IN_A_TICK / TICKS_A_SECOND)
    ended_by = opened_until + LONGEST_LIFE + 3
    tick = 0
    while time.monotonic() < ended_by:
        dribblers.reap()
        if time.monotonic() < opened_until:
            dribblers.open_some()
        elif not dribblers.open:
            break
        dribblers.send_a_byte(tick)
        tick += 1
        time.sleep(max(0.0, began + tick / TICKS_A_SECOND - time.monotonic()))
    reports.put(dribblers.report())


def time_requests(arguments, over, reports):
    """Asks a hundred times a second, each time on a connection of its own."""
    request = f"GET {arguments.path} HTTP/1.1\r\nHost: {HOST}\r\nConnection: close\r\n\r\n".encode()
    times, failures = [], 0
    while not over.is_set():
        began = time.monotonic()
        try:
            with socket.create_connection((HOST, arguments.port), timeout=10) as connection:
                connection.sendall(request)
                answer = connection.recv(4_096)
            ok = answer.startswith(b"HTTP/1.1 2")
        except OSError:
            ok = False
        times.append(time.monotonic() - began)
        failures += not ok
        time.sleep(max(0.0, began + 0.01 - time.monotonic()))
    reports.put({"times": times, "failures": failures})


def judge(slow, ordinary, wanted):
    lives = sorted(life for report in slow for life in report["lives"] + report["survivors"])
    survivors = sum(len(report["survivors"]) for report in slow)
    most = sum(report["most"] for report in slow)
    answered, failed = (sum(report[name] for report in slow) for name in ("answered", "failed"))
    times = sorted(ordinary["times"])
    p50, p99 = (times[int(len(times) * part)] for part in (0.50, 0.99))
    print(f"slow connections: {len(lives)} opened, at most {most} at one time, {answered} answered before they were "
          f"cut, {failed} could not be opened, {survivors} never cut")
    if lives:
        print(f"  lived: p50 {lives[len(lives) // 2]:.1f} s, max {lives[-1]:.1f} s (at most {LONGEST_LIFE:.0f} s)")
    print(f"ordinary requests: {len(times)}, {ordinary['failures']} failed")
    print(f"  p50 {p50 * 1e3:.2f} ms, p99 {p99 * 1e3:.2f} ms, max {times[-1] * 1e3:.2f} ms "
          f"(p99 under {P99_LIMIT * 1e3:.0f} ms)")
    complaints = [
        (p99 >= P99_LIMIT, "ordinary requests are too slow"),
        (ordinary["failures"] > 0, "ordinary requests failed"),
        (not lives or lives[-1] > LONGEST_LIFE or survivors > 0, "slow connections live too long"),
        (most < wanted * 0.9, "too few slow connections could be held open to say anything"),
    ]
    wrong = [text for is_wrong, text in complaints if is_wrong]
    print("FAILED: " + "; ".join(wrong) if wrong else "passed")
    return 1 if wrong else 0


if __name__ == "__main__":
    main()
