"""A small web for containers: `/N.jpg` is a picture of its own for each N, and one is sent at a time."""

from __future__ import annotations

import io
import random
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from PIL import Image

PORT = 8080
SECONDS = 0.25
"""For each picture: a job lasts long enough to be disturbed."""
_turn = threading.Lock()


class Pictures(BaseHTTPRequestHandler):
    """Answers with pictures, and with 404 for everything else, such as robots.txt."""

    def do_GET(self) -> None:
        """Send a picture when its turn has come."""
        name, _, suffix = self.path.strip("/").partition(".")
        if suffix != "jpg":
            self.send_error(404)
            return
        with _turn:
            time.sleep(SECONDS)
        body = picture(name)
        self.send_response(200)
        self.send_header("Content-Type", "image/jpeg")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def picture(name: str) -> bytes:
    """Coloured fields, which are others for each name, as JPEG."""
    fields = random.Random(name).randbytes(3 * 64)  # a drawing
    kept = io.BytesIO()
    Image.frombytes("RGB", (8, 8), fields).resize((320, 320), Image.Resampling.NEAREST).save(kept, "JPEG")
    return kept.getvalue()


if __name__ == "__main__":
    ThreadingHTTPServer(("", PORT), Pictures).serve_forever()  # on the network of the containers
