using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json;
using Gateway.Commands;
using Gateway.Commands.Doctor;
using Gateway.Runtime;
using Gateway.TestSupport;

namespace Gateway.Tests.Commands;

[SupportedOSPlatform("linux")]
public sealed class DoctorCommandTests : IDisposable
{
    [Fact]
    public async Task Certificates_of_Modbus_are_looked_at_too()
    {
        using var certificates = new TestCertificates();
        _folder.Configure($"serve: [{{ modbus: tls, listen: \"127.0.0.1:{LoopbackPort.Free()}\", tls: {{ ca: {certificates.Authority}, certificate: {certificates.Certificate("server")}, key: {certificates.Key("server")} }}, values: {{ weather.x: {{ holding: 0 }} }} }}]");
        _folder.WriteMap(
            "map.yaml",
            $"bus: {{ modbus: tls, host: 127.0.0.1, ca: {certificates.Authority}, certificate: {certificates.Certificate("client")}, key: {certificates.Key("client")} }}\ndevices: [{{ name: weather, points: {{ x: {{ holding: 0 }} }} }}]\n");

        var findings = await ExamineAsync();

        Assert.All(
            [certificates.Authority, certificates.Certificate("server"), certificates.Certificate("client")],
            file => Assert.Single(findings, finding => finding.Subject == "certificate" && finding.Text.Contains($" {file} ", StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_secret_that_everybody_may_read_is_named_wherever_it_lies()
    {
        using var certificates = new TestCertificates();
        var secrets = Directory.CreateDirectory(Path.Combine(_folder.Path, "secrets")).FullName;
        var (password, key, certificate) = (Path.Combine(secrets, "upstream"), Path.Combine(secrets, "server.private"), Path.Combine(secrets, "server.pem"));
        await File.WriteAllTextAsync(password, "correct horse\n");
        File.Copy(certificates.Key("server"), key);
        File.Copy(certificates.Certificate("server"), certificate);
        await File.WriteAllTextAsync(_folder.ConfigurationPath, $$"""
            data: data
            uplink: { url: "mqtt://127.0.0.1:9", username: ann, password-file: secrets/upstream }
            broker: { listen: "mqtts://127.0.0.1:{{_folder.BrokerPort}}", tls: { certificate: secrets/server.pem, key: secrets/server.private } }

            """);
        foreach (var folder in new[] { _folder.Path, secrets })
        {
            File.SetUnixFileMode(folder, (UnixFileMode)0b111_101_101);
        }

        foreach (var file in new[] { password, key, certificate })
        {
            File.SetUnixFileMode(file, (UnixFileMode)0b110_100_100);
        }

        var open = Assert.Single(await ExamineAsync(), finding => finding.Subject == "secrets");
        Assert.Equal($"{key}, {password} can be read by every user of this machine", open.Text);
        File.SetUnixFileMode(key, (UnixFileMode)0b110_100_000);
        File.SetUnixFileMode(secrets, (UnixFileMode)0b111_101_000);
        Assert.DoesNotContain(await ExamineAsync(), finding => finding.Subject == "secrets");
    }

    private readonly GatewayFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_gateway_that_is_well_is_told_so()
    {
        _folder.Configure();
        _folder.WriteMap("weather.yaml", "bus: { simulated: true }\ndevices: [{ name: weather, points: { x: { simulate: \"toggle(1 s)\" } } }]\n");
        Directory.CreateDirectory(_folder.DataFolder);

        var findings = await ExamineAsync(Statuses.Plant with { Buses = [], Uplinks = [] });

        Assert.DoesNotContain(findings, finding => finding.Verdict == Verdict.Wrong);
        Assert.Contains(Finding.Fine("configuration", $"{_folder.ConfigurationPath} is valid (buses: 1, devices: 1)"), findings);
        Assert.Contains(Finding.Fine("data", $"{_folder.DataFolder} can be written to"), findings);
    }

    [Theory]
    [InlineData("modbus: rtu, port: /dev/ttyUSB7, baud: 9600", "/dev/ttyUSB7", "plug the adapter in; 'gateway scan serial' shows the ports that are there")]
    [InlineData("i2c: 1", "/dev/i2c-1", "add 'dtparam=i2c_arm=on' to /boot/firmware/config.txt, and start the machine again")]
    [InlineData("onewire: 1", "/sys/bus/w1/devices/w1_bus_master1", "dtoverlay=w1-gpio is in /boot/firmware/config.txt already: start the machine again")]
    public async Task A_bus_that_is_not_there_is_named_with_what_switches_it_on(string bus, string path, string remedy)
    {
        _folder.Configure();
        var device = bus.StartsWith("modbus", StringComparison.Ordinal) ? "unit: 1, points: { x: { holding: 0 } }"
            : bus.StartsWith("i2c", StringComparison.Ordinal) ? "sensor: bme280" : "sensor: ds18b20, id: 28-00000a1b2c3d";
        _folder.WriteMap("map.yaml", $"bus: {{ {bus} }}\ndevices: [{{ name: a, {device} }}]\n");
        var root = Path.Combine(_folder.Path, "root");
        Directory.CreateDirectory(Path.Combine(root, "boot/firmware"));
        await File.WriteAllTextAsync(Path.Combine(root, "boot/firmware/config.txt"), "#dtparam=i2c_arm=on\ndtoverlay=w1-gpio,gpiopin=4\n");

        var findings = await ExamineAsync(root: root);

        var wrong = Assert.Single(findings, finding => finding.Subject == "bus");
        Assert.StartsWith($"{path} of ", wrong.Text, StringComparison.Ordinal);
        Assert.Equal((Verdict.Wrong, remedy), (wrong.Verdict, wrong.Remedy));
    }

    [Theory]
    [InlineData("Raspberry Pi 5 Model B Rev 1.0", "dtparam=uart0=on")]
    [InlineData("Raspberry Pi 4 Model B Rev 1.4", "enable_uart=1")]
    public async Task The_headers_UART_is_switched_on_by_the_name_that_the_board_has_for_it(string model, string line)
    {
        _folder.Configure();
        _folder.WriteMap("map.yaml", "bus: { modbus: rtu, port: /dev/ttyAMA0, baud: 9600, parity: none }\ndevices: [{ name: a, points: { x: { holding: 0 } } }]\n");
        var root = CreateBoard(model);

        var wrong = Assert.Single(await ExamineAsync(root: root), finding => finding.Subject == "bus");

        Assert.Equal($"add '{line}' to /boot/firmware/config.txt, and start the machine again", wrong.Remedy);
    }

    [Theory]
    [InlineData("Raspberry Pi 3 Model B", "/dev/ttyS0", "even", true)]
    [InlineData("Raspberry Pi 3 Model B", "/dev/serial0", "odd", true)]
    [InlineData("Raspberry Pi 3 Model B", "/dev/ttyS0", "none", false)]
    [InlineData("Raspberry Pi 3 Model B", "/dev/ttyAMA0", "even", false)]
    [InlineData("A board of somebody else", "/dev/ttyS0", "even", false)]
    public async Task A_mini_UART_is_told_to_have_no_parity(string model, string port, string parity, bool isTold)
    {
        _folder.Configure();
        _folder.WriteMap("map.yaml", $"bus: {{ modbus: rtu, port: {port}, baud: 9600, parity: {parity} }}\ndevices: [{{ name: a, points: {{ x: {{ holding: 0 }} }} }}]\n");
        var root = CreateBoard(model);
        Directory.CreateDirectory(Path.Combine(root, "dev"));
        await File.WriteAllTextAsync(Path.Combine(root, "dev/ttyS0"), "");
        await File.WriteAllTextAsync(Path.Combine(root, "dev/ttyAMA0"), "");
        File.CreateSymbolicLink(Path.Combine(root, "dev/serial0"), "ttyS0");

        var told = (await ExamineAsync(root: root)).Where(finding => finding.Text.EndsWith($"is the board's mini UART, which has no parity, and the map says 'parity: {parity}'", StringComparison.Ordinal));

        Assert.Equal(isTold ? 1 : 0, told.Count());
    }

    [Fact]
    public async Task A_port_that_another_program_has_is_named_with_that_program()
    {
        var port = Path.Combine(_folder.Path, "root/dev/ttyUSB7");
        Directory.CreateDirectory(Path.GetDirectoryName(port)!);
        await File.WriteAllTextAsync(port, "");
        _folder.Configure();
        _folder.WriteMap("map.yaml", "bus: { modbus: rtu, port: /dev/ttyUSB7, baud: 9600 }\ndevices: [{ name: a, points: { x: { holding: 0 } } }]\n");
        await using var other = PeerProcess.Start("sh", ["-c", $"exec 9<>'{port}'; echo has it; exec sleep 300"]);
        await other.WaitForLineAsync("has it");

        var finding = Assert.Single(await ExamineAsync(root: Path.Combine(_folder.Path, "root")), finding => finding.Subject == "bus");

        Assert.Matches(@"^/dev/ttyUSB7 is used by (sh|sleep) \(\d+\)$", finding.Text);
    }

    [Fact]
    public async Task Brokers_are_reached_or_named()
    {
        using var broker = new TcpListener(IPAddress.Loopback, 0);
        broker.Start();
        var there = ((IPEndPoint)broker.LocalEndpoint).Port;
        var away = LoopbackPort.Free();
        _folder.Configure($"uplink: {{ url: [\"mqtt://127.0.0.1:{there}\", \"mqtt://127.0.0.1:{away}\"] }}");

        var findings = await ExamineAsync();

        Assert.Contains(Finding.Fine("broker", $"mqtt://127.0.0.1:{there} accepts connections"), findings);
        Assert.Contains(findings, finding => finding.Verdict == Verdict.Wrong && finding.Text.StartsWith($"mqtt://127.0.0.1:{away} cannot be reached: ", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_listener_without_its_port_is_named_unless_the_service_has_it()
    {
        _folder.Configure();
        using var other = new TcpListener(IPAddress.Loopback, _folder.BrokerPort);
        other.Start();

        Assert.Contains(await ExamineAsync(), finding => finding.Verdict == Verdict.Wrong && finding.Text.StartsWith($"the broker cannot listen on 127.0.0.1:{_folder.BrokerPort}: ", StringComparison.Ordinal));
        Assert.DoesNotContain(await ExamineAsync(Statuses.Plant), finding => finding.Subject == "port");
    }

    [Theory]
    [InlineData(-400, -10, "Wrong", "expired on")]
    [InlineData(-400, 10, "Doubtful", "expires on")]
    [InlineData(-400, 400, "Fine", "holds until")]
    [InlineData(10, 400, "Wrong", "on")]
    public async Task Certificates_are_judged_by_their_dates(int from, int until, string verdict, string text)
    {
        using var key = ECDsa.Create();
        var now = TimeProvider.System.GetUtcNow();
        using var certificate = new CertificateRequest("CN=ca", key, HashAlgorithmName.SHA256).CreateSelfSigned(now.AddDays(from), now.AddDays(until));
        await File.WriteAllTextAsync(Path.Combine(_folder.Path, "ca.pem"), certificate.ExportCertificatePem());
        _folder.Configure($"uplink: {{ url: \"mqtts://127.0.0.1:{LoopbackPort.Free()}\", tls: {{ ca: ca.pem }} }}");

        var finding = Assert.Single(await ExamineAsync(), finding => finding.Subject == "certificate");

        Assert.Equal(verdict, finding.Verdict.ToString());
        Assert.Contains($"ca.pem {(from > 0 ? "holds from" : text)}", finding.Text, StringComparison.Ordinal);
    }

    [PeerFact(Peer.Mosquitto)]
    public async Task A_broker_whose_certificate_is_not_trusted_or_has_another_name_is_named()
    {
        using var certificates = new TestCertificates();
        var tls = $"certfile {certificates.Certificate("server")}\nkeyfile {certificates.Key("server")}\n";
        await using var mosquitto = await MosquittoBroker.StartAsync($"listener {{port}} 127.0.0.1\n{tls}listener {{port}} 127.0.0.2\n{tls}allow_anonymous true\n");
        var port = mosquitto.Port;

        Assert.StartsWith($"the certificate of mqtts://localhost:{port} expires on ", await TextAsync("localhost", $"ca: {certificates.Authority}"), StringComparison.Ordinal);
        Assert.Equal(
            $"the certificate of mqtts://localhost:{port} is signed by test authority, which this machine does not have", await TextAsync("localhost", ""));
        Assert.Equal(
            $"the certificate of mqtts://127.0.0.2:{port} is not for 127.0.0.2 but for localhost, gateway.example, 127.0.0.1",
            await TextAsync("127.0.0.2", $"ca: {certificates.Authority}"));

        async Task<string> TextAsync(string host, string authority)
        {
            _folder.Configure($"uplink: {{ url: \"mqtts://{host}:{port}\", tls: {{ {authority} }} }}");
            return Assert.Single(await ExamineAsync(), finding => finding.Subject == "broker" && finding.Text.Contains($":{port}", StringComparison.Ordinal)).Text;
        }
    }

    [PeerTheory(Peer.Mosquitto)]
    [InlineData("tlsv1.2")]
    [InlineData("tlsv1.3")]
    public async Task A_broker_that_asks_for_a_certificate_is_shown_the_configurations(string version)
    {
        using var certificates = new TestCertificates();
        await using var mosquitto = await MosquittoBroker.StartAsync(
            $"listener {{port}} 127.0.0.1\ntls_version {version}\ncafile {certificates.Authority}\ncertfile {certificates.Certificate("server")}\nkeyfile {certificates.Key("server")}\nrequire_certificate true\n");

        var without = await ExamineAsync("");
        Assert.Equal((Verdict.Wrong, "if it asks for certificates of its clients, name one and its key in 'tls'; its log says why"), (without.Verdict, without.Remedy));
        Assert.StartsWith($"mqtts://localhost:{mosquitto.Port} refuses the gateway in TLS: ", without.Text, StringComparison.Ordinal);

        var with = await ExamineAsync($", certificate: {certificates.Certificate("client")}, key: {certificates.Key("client")}");
        Assert.Equal(Verdict.Doubtful, with.Verdict);
        Assert.StartsWith($"the certificate of mqtts://localhost:{mosquitto.Port} expires on ", with.Text, StringComparison.Ordinal);

        async Task<Finding> ExamineAsync(string own)
        {
            _folder.Configure($"uplink: {{ url: \"mqtts://localhost:{mosquitto.Port}\", tls: {{ ca: {certificates.Authority}{own} }} }}");
            return Assert.Single(await this.ExamineAsync(), finding => finding.Subject == "broker" && finding.Text.Contains($":{mosquitto.Port}", StringComparison.Ordinal));
        }
    }

    [Fact]
    public async Task Root_is_told_that_the_service_is_another_user()
    {
        _folder.Configure();
        var root = Path.Combine(_folder.Path, "root");
        Directory.CreateDirectory(Path.Combine(root, "etc"));
        await File.WriteAllTextAsync(Path.Combine(root, "etc/passwd"), "root:x:0:0::/root:/bin/sh\ngateway:x:998:998::/var/lib/gateway:/usr/sbin/nologin\n");

        var findings = await ExamineAsync(root: root);

        Assert.Equal(Environment.UserName == "root", findings.Any(finding => finding is { Subject: "user", Remedy: "sudo -u gateway gateway doctor" }));
    }

    [Theory]
    [InlineData("600", null, "chgrp gateway {0} && chmod g+r {0}")]
    [InlineData("640", "users:x:1000:\nkeys:x:0:root,gateway\n", null)]
    [InlineData("640", "keys:x:0:root,gatewayx\n", "chgrp gateway {0} && chmod g+r {0}")]
    [InlineData("604", "keys:x:0:gateway\n", "chgrp gateway {0} && chmod g+r {0}")]
    [InlineData("644", null, null)]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public async Task A_file_that_the_services_user_cannot_read_is_named(string mode, string? groups, string? remedy)
    {
        var group = await File.ReadAllTextAsync("/proc/self/status");
        group = group.Split('\n').First(line => line.StartsWith("Gid:", StringComparison.Ordinal)).Split('\t')[1];
        var secret = Path.Combine(_folder.Path, "uplink.password");
        await File.WriteAllTextAsync(secret, "x");
        File.SetUnixFileMode(secret, (UnixFileMode)Convert.ToInt32(mode, 8));
        File.SetUnixFileMode(_folder.Path, (UnixFileMode)Convert.ToInt32("755", 8));
        _folder.Configure("uplink: { url: mqtt://127.0.0.1:9, username: me, password-file: uplink.password }");
        var root = Path.Combine(_folder.Path, "root");
        Directory.CreateDirectory(Path.Combine(root, "etc"));
        await File.WriteAllTextAsync(Path.Combine(root, "etc/passwd"), "gateway:x:4242:4243::/var/lib/gateway:/usr/sbin/nologin\n");
        await File.WriteAllTextAsync(Path.Combine(root, "etc/group"), (groups ?? "").Replace(":0:", $":{group}:", StringComparison.Ordinal));

        var wrong = (await ExamineAsync(root: root)).Where(finding => finding is { Subject: "user", Verdict: Verdict.Wrong }).ToList();

        Assert.Equal(remedy is null ? [] : [string.Format(System.Globalization.CultureInfo.InvariantCulture, remedy, secret)], wrong.Select(finding => finding.Remedy));
    }

    [Fact]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public async Task A_folder_that_the_services_user_cannot_look_into_is_named_once()
    {
        _folder.Configure();
        File.SetUnixFileMode(_folder.Path, (UnixFileMode)Convert.ToInt32("700", 8));
        var root = Path.Combine(_folder.Path, "root");
        Directory.CreateDirectory(Path.Combine(root, "etc"));
        await File.WriteAllTextAsync(Path.Combine(root, "etc/passwd"), "gateway:x:4242:4243::/var/lib/gateway:/usr/sbin/nologin\n");

        var wrong = Assert.Single(await ExamineAsync(root: root), finding => finding is { Subject: "user", Verdict: Verdict.Wrong });

        Assert.Equal($"the service's user gateway may not look into {_folder.Path}, where the configuration has files", wrong.Text);
    }

    [Fact]
    public async Task What_the_service_says_is_told()
    {
        _folder.Configure();
        var away = new UplinkStatus("mqtt://b:1883", false, TimeProvider.System.GetUtcNow(), "connection refused", 0, 0);
        var silent = new DeviceStatus("meter", false, null, "timeout", []);

        var findings = await ExamineAsync(Statuses.Plant with { Uplinks = [away], Buses = [new BusStatus("modbus tcp x", 0.1, 0, 1, 0, [silent])] });

        Assert.Contains(findings, finding => finding is { Verdict: Verdict.Wrong, Text: "uplink at mqtt://b:1883 is away: connection refused" });
        Assert.Contains(findings, finding => finding is { Verdict: Verdict.Wrong, Text: "meter is offline: timeout" });
    }

    [Fact]
    public async Task A_low_supply_voltage_is_told()
    {
        _folder.Configure();
        var monitor = Path.Combine(_folder.Path, "root/sys/class/hwmon/hwmon1");
        Directory.CreateDirectory(monitor);
        await File.WriteAllTextAsync(Path.Combine(monitor, "name"), "rpi_volt\n");
        await File.WriteAllTextAsync(Path.Combine(monitor, "in0_lcrit_alarm"), "1\n");

        Assert.Contains(await ExamineAsync(root: Path.Combine(_folder.Path, "root")), finding => finding is { Subject: "power", Verdict: Verdict.Wrong });
    }

    [Fact]
    public void Findings_are_lines_with_remedies_and_JSON()
    {
        Finding[] findings = [Finding.Fine("clock", "well"), new("disk", Verdict.Wrong, "full", "make room")];
        using var lines = new StringWriter();
        using var json = new StringWriter();

        DoctorCommand.Print(lines, findings, asJson: false);
        DoctorCommand.Print(json, findings, asJson: true);

        Assert.Equal("ok     clock          well\nWRONG  disk           full\n                      → make room\n", lines.ToString());
        using var document = JsonDocument.Parse(json.ToString());
        Assert.Equal("wrong", document.RootElement[1].GetProperty("verdict").GetString());
        Assert.Equal("make room", document.RootElement[1].GetProperty("remedy").GetString());
    }

    private string CreateBoard(string model)
    {
        var root = Path.Combine(_folder.Path, "root");
        Directory.CreateDirectory(Path.Combine(root, "boot/firmware"));
        Directory.CreateDirectory(Path.Combine(root, "proc/device-tree"));
        File.WriteAllText(Path.Combine(root, "boot/firmware/config.txt"), "");
        File.WriteAllText(Path.Combine(root, "proc/device-tree/model"), model + "\0");
        return root;
    }

    private Task<IReadOnlyList<Finding>> ExamineAsync(GatewayStatus? status = null, string? root = null)
    {
        var patient = DoctorCommand.Read(_folder.ConfigurationPath, _folder.DataFolder, status) with { Root = root ?? "/" };
        Assert.NotNull(patient.Configuration.Options);
        return DoctorCommand.ExamineAsync(patient, CancellationToken.None);
    }
}
