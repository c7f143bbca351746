"""pyftpdlib as a throwaway server of the tests: IP PORT ROOT USER PASSWORD PEM (or -); ends with its standard input."""
import os
import sys
import threading

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer

ip, port, root, user, password, pem = sys.argv[1:]
handler = FTPHandler
if pem != "-":
    from pyftpdlib.handlers import TLS_FTPHandler
    handler = TLS_FTPHandler
    handler.certfile = pem
handler.authorizer = DummyAuthorizer()
handler.authorizer.add_user(user, password, root, perm="elradfmwMT")
server = FTPServer((ip, int(port)), handler)
server.max_cons = server.max_cons_per_ip = 500
threading.Thread(target=lambda: (sys.stdin.read(), os._exit(0)), daemon=True).start()
server.serve_forever()
