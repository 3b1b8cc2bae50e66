"""Clients that book over HTTP until the server is killed."""

import threading
from typing import Any

import httpx

from tests.support.live_server import Server


class CrashClient:
    """A patient who books one slot after another and keeps the responses."""

    def __init__(self, name: str, doctor: str, token: str, slots: list[dict[str, str]]) -> None:
        self.token = token
        self.inputs = [
            {"doctorId": doctor, "idempotencyKey": f"{name} {number}", **slot}
            for number, slot in enumerate(slots)
        ]
        self.responses: list[Any] = []

    def book(self, server: Server, input_: dict[str, str]) -> Any:
        response = server.api("CreateAppointment", {"input": input_}, token=self.token)
        return response["data"]["createAppointment"]

    def book_until_killed(self, server: Server, responses: threading.Semaphore) -> None:
        """Book until the server does not respond; release ``responses`` for each response."""
        for input_ in self.inputs:
            try:
                self.responses.append(self.book(server, input_))
            except httpx.TransportError:
                return
            responses.release()


def kill_while_booking(server: Server, clients: list[CrashClient], *, after_responses: int) -> None:
    """Let the clients book concurrently and kill the server after so many responses."""
    responses = threading.Semaphore(0)
    threads = [
        threading.Thread(target=client.book_until_killed, args=(server, responses))
        for client in clients
    ]
    for thread in threads:
        thread.start()
    for _ in range(after_responses):
        responses.acquire()
    server.kill()
    for thread in threads:
        thread.join()
