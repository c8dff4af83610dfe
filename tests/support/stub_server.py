"""A small HTTP server with OpenAI's /v1/completions; what it answers is the test's affair."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class StubServer:
    """Serves ``answer(question) -> answer`` on a free local port.

    ``fail_next`` holds what goes wrong with the next questions, one word each: ``busy`` (503),
    ``later`` (429, in an hour), ``cut`` (half of an answer), ``drop`` (the connection), ``text``
    (no JSON), ``deep`` (JSON without an end), ``refuse`` (400).
    ``loads`` is given each order to load an adapter; without it there is no such path.
    """

    def __init__(self, answer, models=("tiny",), loads=None):
        self.answer, self.loads = answer, loads
        self.models = {name: {"id": name, "parent": None} for name in models}
        self.fail_next, self.questions, self.headers = [], [], []
        self.lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
        self._server.stub = self
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def do_GET(self):
        stub = self.server.stub
        with stub.lock:
            stub.headers.append(dict(self.headers))
        self._send(200, {"object": "list", "data": list(stub.models.values())})

    def do_HEAD(self):
        self.server.stub.headers.append(dict(self.headers))
        self._write(200, b"", "text/html")

    def do_POST(self):
        stub = self.server.stub
        question = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path == "/v1/load_lora_adapter":
            self._load(stub, question)
            return
        with stub.lock:  # the models behind it are not made for several threads
            stub.questions.append(question)
            failure = stub.fail_next.pop(0) if stub.fail_next else None
            is_served = question["model"] in stub.models
            answer = stub.answer(question) if is_served and failure is None else None
        if failure is not None:
            self._fail(failure)
        elif is_served:
            self._send(200, answer)
        else:
            self._send(404, {"error": {"message": f"no model {question['model']}"}})

    def _load(self, stub, order):
        if stub.loads is None:
            self._send(404, {"detail": "Not Found"})
            return
        stub.loads(order)
        stub.models[order["lora_name"]] = {"id": order["lora_name"], "parent": "tiny"}
        self._write(200, b"Success: the adapter was added.", "text/plain")

    def _fail(self, failure):
        if failure == "busy":
            self._send(503, {"error": "loading"})
        elif failure == "later":
            self._send(429, {"error": "too many"}, {"Retry-After": "3600"})
        elif failure == "deep":
            self._write(200, b"[" * 100_000, "application/json")
        elif failure == "refuse":
            self._send(400, {"error": {"message": "prompt must be a string"}})
        elif failure == "text":
            self._write(200, b"<html>a proxy", "text/html")
        elif failure == "cut":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
            self.wfile.write(b'{"choices": [{"text": "ha')
        self.close_connection = True

    def _send(self, status, value, headers=None):
        self._write(status, json.dumps(value).encode(), "application/json", headers)

    def _write(self, status, body, kind, headers=None):
        self.send_response(status)
        for name, text in (headers or {}).items():
            self.send_header(name, text)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
