"""pyftpdlib as a throwaway server of the tests: IP PORT ROOT USER PASSWORD PEM (or -)."""
import sys

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
server.serve_forever()
