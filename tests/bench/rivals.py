# SPDX-License-Identifier: GPL-3.0-or-later
"""The proxies of Debian 12 that ours is measured against, each as well set up as we know how.

Same job for all: CONNECT to port 443 and plain HTTP to port 8080 of the names on a list, one
log line a request, names from the bench's name server, one thread or process on CPU 0.
"""
import os
import re
import shutil
import signal
import subprocess

import net
from contenders import Contender

TUNNELS = 30000  # more than are opened


class Squid(Contender):
    name = "squid"
    package = "squid"
    version_argv = ("squid", "-v")
    how_reloaded = "SIGHUP"

    def configure(self, names):
        self._names(names)
        d = self.dir
        self.write("squid.conf", f"""\
http_port {net.PROXY}:{net.PORT}
visible_hostname bench
acl okports port 443 8080
acl sslports port 443
acl CONNECT method CONNECT
acl allowed dstdomain "{d}/allow"
http_access deny !okports
http_access deny CONNECT !sslports
http_access allow allowed
http_access deny all
cache deny all
cache_mem 0 MB
cache_store_log none
access_log stdio:{d}/access.log squid
cache_log {d}/cache.log
pid_filename {d}/squid.pid
coredump_dir {d}
hosts_file none
dns_nameservers {net.RESOLVER}
pinger_enable off
shutdown_lifetime 0 seconds
max_filedescriptors {self.nofile}
""")

    def _names(self, names):
        self.write("allow", "".join(f"{n}\n" for n in names))

    def argv(self):
        return ["squid", "-N", "-f", str(self.dir / "squid.conf")]

    def reload(self, names):
        self._names(names)
        self.process.popen.send_signal(signal.SIGHUP)


class Tinyproxy(Contender):
    name = "tinyproxy"
    package = "tinyproxy-bin"
    version_argv = ("tinyproxy", "-v")
    how_reloaded = "SIGUSR1"
    too_large = "left out: 18 s to start, 5 GiB and 4 tunnels/s when it was measured once"

    def configure(self, names):
        self._names(names)
        d = self.dir
        self.write("tinyproxy.conf", f"""\
Port {net.PORT}
Listen {net.PROXY}
Timeout 600
MaxClients {TUNNELS}
LogFile "{d}/access.log"
LogLevel Connect
PidFile "{d}/tinyproxy.pid"
Filter "{d}/allow"
FilterType bre
FilterDefaultDeny Yes
FilterCaseSensitive On
ConnectPort 443
""")

    def _names(self, names):
        self.write("allow", "".join(f"^{re.escape(n)}$\n" for n in names).replace(r"\-", "-"))

    def argv(self):
        return ["tinyproxy", "-d", "-c", str(self.dir / "tinyproxy.conf")]

    def reload(self, names):
        self._names(names)
        self.process.popen.send_signal(signal.SIGUSR1)


class Haproxy(Contender):
    name = "haproxy"
    package = "haproxy"
    version_argv = ("haproxy", "-v")
    how_reloaded = "SIGUSR2 to the master"
    records_are = "out.log"
    tunnel_option = "no option splice-response"

    def configure(self, names):
        self._names(names)
        d = self.dir
        self.write("connect.lua", """\
core.register_action("connect", { "tcp-req" }, function(txn)
	local head = txn.req:data()
	local e = head and head:find("\\r\\n\\r\\n", 1, true)
	if not e then return end
	local host, port = head:match("^CONNECT ([^:%s]+):(%d+) HTTP/1%.[01]\\r\\n")
	if not host then return end
	txn.req:remove(0, e + 3)
	txn:set_var("txn.port", tonumber(port))
	txn:set_var("txn.host", host)
	txn.res:send("HTTP/1.1 200 Connection established\\r\\n\\r\\n")
end)
""")
        self.write("haproxy.cfg", f"""\
global
	nbthread 1
	maxconn {self.nofile // 2 - 200}
	maxpipes 64
	lua-load {d}/connect.lua
	log stdout format raw local0 info
	hard-stop-after 60s
defaults
	mode http
	log global
	timeout connect 10s
	timeout client 600s
	timeout server 600s
	timeout http-request 10s
	option dontlognull
resolvers local
	nameserver d {net.RESOLVER}:53
	hold valid 60s
	timeout retry 1s
frontend fwd
	bind {net.PROXY}:{net.PORT}
	mode tcp
	log-format "%ci:%cp [%t] %[var(txn.target)] %b/%s %Tw/%Tc/%Tt %U/%B %ts %ST"
	tcp-request inspect-delay 5s
	tcp-request content set-var(txn.target) url if HTTP
	acl is_connect method CONNECT
	acl allowed url,field(1,:),lower -m str -f {d}/allow
	acl okport url,field(2,:) -m str 443
	tcp-request content switch-mode http if HTTP !is_connect
	tcp-request content switch-mode http if HTTP !allowed
	tcp-request content switch-mode http if HTTP !okport
	tcp-request content lua.connect if HTTP
	tcp-request content do-resolve(txn.ip,local,ipv4) var(txn.host) if {{ var(txn.host) -m found }}
	tcp-request content set-dst var(txn.ip) if {{ var(txn.ip) -m found }}
	tcp-request content set-dst-port var(txn.port) if {{ var(txn.ip) -m found }}
	tcp-request content accept if {{ var(txn.ip) -m found }}
	tcp-request content reject if WAIT_END
	# what follows is evaluated after switch-mode only
	http-request deny deny_status 403 if METH_CONNECT
	http-request deny deny_status 403 unless {{ hdr(host),host_only,lower -m str -f {d}/allow }}
	http-request deny deny_status 403 unless {{ hdr(host),port_only -m int 8080 }}
	http-request do-resolve(txn.ip,local,ipv4) hdr(host),host_only
	http-request deny deny_status 503 unless {{ var(txn.ip) -m found }}
	http-request set-dst var(txn.ip)
	http-request set-dst-port hdr(host),port_only
	use_backend tun if {{ var(txn.host) -m found }}
	default_backend web
backend tun
	mode tcp
	{self.tunnel_option}
	server any 0.0.0.0:0
backend web
	mode http
	http-reuse always
	http-request set-uri %[pathq]
	server any 0.0.0.0:0
""")

    def _names(self, names):
        self.write("allow", "".join(f"{n}\n" for n in names))

    def argv(self):
        return ["haproxy", "-W", "-db", "-f", str(self.dir / "haproxy.cfg")]

    def reload(self, names):
        self._names(names)
        self.process.popen.send_signal(signal.SIGUSR2)


class HaproxySplice(Haproxy):
    """Splices what comes from the origin: dearer for a new tunnel, cheaper in bulk."""

    name = "haproxy-splice"
    tunnel_option = "option splice-response"
    sections = ("bulk",)


class Apache(Contender):
    name = "apache"
    package = "apache2-bin"
    version_argv = ("apache2", "-v")
    how_reloaded = "none needed (the map is read again when its mtime changes)"

    def configure(self, names):
        self._names(names)
        d, m = self.dir, "/usr/lib/apache2/modules"
        self.write("apache.conf", f"""\
ServerRoot {d}
ServerName bench
Listen {net.PROXY}:{net.PORT}
PidFile {d}/apache.pid
ErrorLog {d}/error.log
LogLevel warn
Mutex posixsem
LoadModule mpm_event_module {m}/mod_mpm_event.so
LoadModule authz_core_module {m}/mod_authz_core.so
LoadModule proxy_module {m}/mod_proxy.so
LoadModule proxy_http_module {m}/mod_proxy_http.so
LoadModule proxy_connect_module {m}/mod_proxy_connect.so
LoadModule rewrite_module {m}/mod_rewrite.so
User www-data
Group www-data
ServerLimit 16
StartServers 2
ThreadLimit 400
ThreadsPerChild 400
MaxRequestWorkers 6400
MinSpareThreads 100
MaxSpareThreads 6400
ThreadStackSize 262144
MaxKeepAliveRequests 0
KeepAliveTimeout 60
Timeout 600
LogFormat "%h %t \\"%r\\" %>s %O %D" acc
CustomLog {d}/access.log acc
ProxyRequests On
ProxyVia Off
AllowCONNECT 443
<Proxy "*">
	Require all granted
</Proxy>
RewriteEngine On
RewriteOptions AllowAnyURI
RewriteMap allow "txt:{d}/allow"
RewriteCond %{{THE_REQUEST}} "^CONNECT ([^: ]+):443 "
RewriteCond ${{allow:%1|0}} "=1"
RewriteRule "" "-" [L]
RewriteCond %{{THE_REQUEST}} "^[A-Z]+ http://([^/: ]+):8080/"
RewriteCond ${{allow:%1|0}} "=1"
RewriteRule "" "-" [L]
RewriteRule "" "-" [F]
""")

    def _names(self, names):
        new = self.write("allow.new", "".join(f"{n} 1\n" for n in names))
        os.rename(new, self.dir / "allow")

    def argv(self):
        return ["apache2", "-f", str(self.dir / "apache.conf"), "-DFOREGROUND"]

    def reload(self, names):
        self._names(names)


class TrafficServer(Contender):
    name = "trafficserver"
    package = "trafficserver"
    version_argv = ("traffic_server", "-V")
    how_reloaded = "traffic_ctl config reload"
    records_are = "squid.*log"
    too_large = "left out: 96 s to start and 20 GiB when it was measured once"

    def configure(self, names):
        d = self.dir
        for folder in ("run/trafficserver", "var/log/trafficserver",
                       "var/cache/trafficserver", "etc/trafficserver"):
            (d / folder).mkdir(parents=True)
        shutil.copytree("/etc/trafficserver", d / "etc/trafficserver", dirs_exist_ok=True)
        lib = "/usr/lib/trafficserver"
        self.write("runroot.yaml", f"""\
prefix: {d}
exec_prefix: /usr
bindir: /usr/bin
sbindir: /usr/sbin
sysconfdir: {d}/etc/trafficserver
datadir: {d}/share
includedir: /usr/include
libdir: {lib}
libexecdir: {lib}/modules
localstatedir: {d}/var
runtimedir: {d}/run/trafficserver
logdir: {d}/var/log/trafficserver
cachedir: {d}/var/cache/trafficserver
""")
        self.write("etc/trafficserver/records.config", f"""\
CONFIG proxy.config.http.server_ports STRING {net.PORT}:ip-in={net.PROXY}
CONFIG proxy.config.exec_thread.autoconfig INT 0
CONFIG proxy.config.exec_thread.limit INT 1
CONFIG proxy.config.exec_thread.affinity INT 0
CONFIG proxy.config.accept_threads INT 0
CONFIG proxy.config.http.cache.http INT 0
CONFIG proxy.config.reverse_proxy.enabled INT 1
CONFIG proxy.config.url_remap.remap_required INT 1
CONFIG proxy.config.url_remap.pristine_host_hdr INT 1
CONFIG proxy.config.http.connect_ports STRING 443
CONFIG proxy.config.http.insert_response_via_str INT 0
CONFIG proxy.config.http.insert_request_via_str INT 0
CONFIG proxy.config.http.server_session_sharing.pool STRING thread
CONFIG proxy.config.http.server_session_sharing.match STRING both
CONFIG proxy.config.http.transaction_no_activity_timeout_in INT 600
CONFIG proxy.config.http.transaction_no_activity_timeout_out INT 600
CONFIG proxy.config.http.keep_alive_no_activity_timeout_in INT 120
CONFIG proxy.config.http.transaction_active_timeout_out INT 0
CONFIG proxy.config.net.connections_throttle INT {self.nofile - 1000}
CONFIG proxy.config.net.max_connections_in INT {self.nofile // 2}
CONFIG proxy.config.http.per_server.connection.max INT 0
CONFIG proxy.config.dns.nameservers STRING {net.RESOLVER}
CONFIG proxy.config.dns.search_default_domains INT 0
CONFIG proxy.config.log.logging_enabled INT 3
CONFIG proxy.config.admin.user_id STRING trafficserver
CONFIG proxy.config.diags.output.diag STRING E
CONFIG proxy.config.crash_log_helper STRING NULL
""")
        self._names(names)
        subprocess.run(["chown", "-R", "trafficserver:", str(d)], check=True)

    def _names(self, names):
        self.write("etc/trafficserver/remap.config", "".join(
            f"map http://{n}:8080/ http://{n}:8080/\nmap https://{n}:443/ https://{n}:443/\n"
            for n in names))

    def environment(self):
        return dict(os.environ, TS_RUNROOT=str(self.dir / "runroot.yaml"))

    def argv(self):
        return ["traffic_manager"]

    def reload(self, names):
        self._names(names)
        subprocess.run(["traffic_ctl", "config", "reload"], env=self.environment(), check=True,
                       capture_output=True)


ALL = (Squid, Tinyproxy, Haproxy, HaproxySplice, Apache, TrafficServer)
