using System.Diagnostics;

namespace Gateway.TestSupport;

/// <summary>The programs of others that tests run against, and where they are found.</summary>
public static class Peer
{
    public const string Mosquitto = "mosquitto";
    public const string MosquittoClients = "mosquitto_sub";
    public const string Socat = "socat";
    public const string Pymodbus = "pymodbus";
    public const string PythonSerial = "pyserial";
    public const string Paho = "paho";
    public const string PythonJsonSchema = "jsonschema";
    public const string Jinja = "jinja2";
    public const string Mbpoll = "mbpoll";
    public const string Libmodbus = "libmodbus";
    public const string Compiler = "cc";
    public const string Gsasl = "gsasl";
    public const string Nats = "nats-server";
    public const string RabbitMq = "rabbitmq";
    public const string OpenSsl = "openssl";
    public const string Chromium = "chromium";
    public const string Sqlite = "sqlite3";
    public const string InfluxDb = "influxdb";
    public const string Promtool = "promtool";
    public const string Zsh = "zsh";
    public const string Fish = "fish";
    public const string Lintian = "lintian";
    public const string Shellcheck = "shellcheck";
    public const string SystemdSocketActivate = "systemd-socket-activate";
    public const string Namespaces = "unshare";
    public const string MqttJs = "MQTT.js";
    public const string Aedes = "aedes";

    /// <summary>The interpreter that Debian's Python packages belong to.</summary>
    public const string Python = "/usr/bin/python3";

    // Goes last: it is more than packages of the system.
    private const string NodePackages = "nodejs npm && npm ci --prefix tests/javascript";

    private static readonly Dictionary<string, (string Package, Func<bool> IsThere)> Known = new()
    {
        [Mosquitto] = ("mosquitto", () => FindExecutable("mosquitto") is not null),
        [MosquittoClients] = ("mosquitto-clients", () => FindExecutable("mosquitto_sub") is not null),
        [Socat] = ("socat", () => FindExecutable("socat") is not null),
        [Mbpoll] = ("mbpoll", () => FindExecutable("mbpoll") is not null),
        [Libmodbus] = ("gcc libc6-dev libmodbus-dev", () => FindExecutable("cc") is not null && File.Exists("/usr/include/modbus/modbus.h")),
        [Compiler] = ("gcc libc6-dev", () => FindExecutable("cc") is not null && File.Exists("/usr/include/pty.h")),
        [Nats] = ("nats-server", () => FindExecutable("nats-server") is not null),
        [RabbitMq] = ("rabbitmq-server", () => FindExecutable("rabbitmq-server") is not null),
        [Gsasl] = ("gsasl", () => FindExecutable("gsasl") is not null),
        [OpenSsl] = ("openssl", () => FindExecutable("openssl") is not null),
        [Chromium] = ("chromium", () => FindExecutable("chromium") is not null),
        [Sqlite] = ("sqlite3", () => FindExecutable("sqlite3") is not null),
        [InfluxDb] = ("influxdb", () => FindExecutable("influxd") is not null),
        [Promtool] = ("prometheus", () => FindExecutable("promtool") is not null),
        [Zsh] = ("zsh", () => FindExecutable("zsh") is not null),
        [Fish] = ("fish", () => FindExecutable("fish") is not null),
        [Lintian] = ("lintian", () => FindExecutable("lintian") is not null),
        [Shellcheck] = ("shellcheck", () => FindExecutable("shellcheck") is not null),
        [SystemdSocketActivate] = ("systemd", () => FindExecutable("systemd-socket-activate") is not null),
        [Namespaces] = ("util-linux iproute2", static () => FindExecutable("ip") is not null && HasNamespaces()),
        [MqttJs] = (NodePackages, () => JavaScript.HasPackage("mqtt")),
        [Aedes] = (NodePackages, () => JavaScript.HasPackage("aedes")),
        [Pymodbus] = ("python3-pymodbus python3-serial python3-serial-asyncio", () => HasPythonModule("pymodbus") && HasPythonModule("serial_asyncio")),
        [PythonSerial] = ("python3-serial", () => HasPythonModule("serial")),
        [PythonJsonSchema] = ("python3-jsonschema", () => HasPythonModule("jsonschema")),
        [Jinja] = ("python3-jinja2", () => HasPythonModule("jinja2")),
        [Paho] = ("python3-paho-mqtt", () => HasPythonModule("paho.mqtt.client")),
    };

    internal static bool IsRequired => Environment.GetEnvironmentVariable("GATEWAY_REQUIRE_PEERS") == "1";

    /// <summary>The path of a program, looked for in PATH and the folders of system programs; null if it is not there.</summary>
    public static string? FindExecutable(string name)
    {
        var folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':').Concat(["/usr/bin", "/usr/sbin", "/usr/local/sbin"]);
        return folders.Select(folder => Path.Combine(folder, name)).FirstOrDefault(File.Exists);
    }

    internal static string? WhyMissing(string[] peers)
    {
        var missing = peers.Where(peer => !Known[peer].IsThere()).ToArray();
        return missing.Length == 0 || IsRequired
            ? null
            : $"needs {string.Join(", ", missing)}: apt-get install {string.Join(' ', missing.Select(peer => Known[peer].Package).Distinct().OrderBy(package => package == NodePackages))}";
    }

    // A container may forbid them.
    private static bool HasNamespaces()
    {
        if (FindExecutable("unshare") is not { } unshare)
        {
            return false;
        }

        using var process = Process.Start(new ProcessStartInfo(unshare, ["--map-root-user", "--net", "--mount", "true"]) { RedirectStandardError = true });
        process!.WaitForExit();
        return process.ExitCode == 0;
    }

    private static bool HasPythonModule(string module)
    {
        if (!File.Exists(Python))
        {
            return false;
        }

        using var process = Process.Start(new ProcessStartInfo(Python, ["-c", $"import {module}"]) { RedirectStandardError = true });
        process!.WaitForExit();
        return process.ExitCode == 0;
    }
}
