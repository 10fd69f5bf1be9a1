"""Prints the events of a webhook whose signature is valid: WEBHOOK_SECRET=... python3 webhook_receiver.py [PORT]"""
import hmac, http.server, json, os, sys

SECRET = os.environ["WEBHOOK_SECRET"].encode()

class Receiver(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        expected = "v1=" + hmac.new(SECRET, body, "sha256").hexdigest()
        given = self.headers.get("X-Bz-Event-Notification-Signature", "")
        valid = hmac.compare_digest(expected.encode(), given.encode("latin-1", "replace"))
        if valid:
            print(self.headers.get("X-B2-Edge-Event-Id"), json.dumps(json.loads(body)), flush=True)
        self.send_response(204 if valid else 403)
        self.end_headers()

    def log_message(self, *_):
        pass

http.server.ThreadingHTTPServer(("127.0.0.1", int((sys.argv + ["8099"])[1])), Receiver).serve_forever()
