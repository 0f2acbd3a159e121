using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Authentication;
using Gateway.Modbus.Client;
using Gateway.Modbus.Framing;
using Gateway.Modbus.Pdu;
using Gateway.Modbus.Security;
using Gateway.Modbus.Server;
using Gateway.TestSupport;

namespace Gateway.Modbus.Tests.Peers;

/// <summary>Modbus/TCP Security: pymodbus as server, OpenSSL as a client with and without certificate and as the maker of one with a role.</summary>
public sealed class SecurityTests : IAsyncLifetime
{
    private const string PymodbusServer = """
        import asyncio, ssl, sys
        from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
        from pymodbus.server.async_io import ModbusTlsServer
        from pymodbus.transaction import ModbusSocketFramer
        ca, certificate, key = sys.argv[1:]
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=ca)
        tls.verify_mode = ssl.CERT_REQUIRED
        tls.load_cert_chain(certificate, key)
        async def main():
            unit = ModbusSlaveContext(hr=ModbusSequentialDataBlock(0, [7, 8, 9]), zero_mode=True)
            server = ModbusTlsServer(ModbusServerContext(slaves=unit, single=True), framer=ModbusSocketFramer, address=("127.0.0.1", 0), sslctx=tls)
            serving = asyncio.ensure_future(server.serve_forever())
            await server.serving
            print("ready", server.server.sockets[0].getsockname()[1], flush=True)
            await serving
        asyncio.run(main())
        """;

    // Not with pymodbus' own framer for TLS, which leaves the MBAP header out, against MB-TCP-Security-v21 §6; nor with its synchronous
    // client, which waits for the socket although the rest of the answer is decrypted already, and fails on TLS 1.3's session tickets.
    private const string PymodbusClient = """
        import asyncio, ssl, sys
        from pymodbus.client import AsyncModbusTlsClient
        from pymodbus.transaction import ModbusSocketFramer
        port, ca, certificate, key = sys.argv[1:]
        tls = ssl.create_default_context(ssl.Purpose.SERVER_AUTH, cafile=ca)
        tls.load_cert_chain(certificate, key)
        async def main():
            client = AsyncModbusTlsClient("localhost", port=int(port), framer=ModbusSocketFramer, sslctx=tls, timeout=30)
            await client.connect()
            print("registers", (await client.read_holding_registers(0, 3, slave=1)).registers, flush=True)
        asyncio.run(main())
        """;

    private readonly TestCertificates _certificates = new();
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly ModbusServer _server;

    public SecurityTests()
    {
        var memory = new ModbusMemory();
        memory.SetRegisters(ModbusTable.HoldingRegisters, 0, 7, 8, 9);
        _server = new(new Dictionary<byte, IModbusDataStore> { [1] = memory });
        _listener.Start();
    }

    private string Port => ((IPEndPoint)_listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);

    public Task InitializeAsync() => Task.CompletedTask;

    public Task DisposeAsync()
    {
        _listener.Dispose();
        _certificates.Dispose();
        return Task.CompletedTask;
    }

    [PeerFact(Peer.OpenSsl)]
    public async Task OpenSSL_reads_with_a_certificate()
    {
        var script = $"""
            (printf '\000\001\000\000\000\006\001\003\000\000\000\003'; sleep 60) |
            openssl s_client -quiet -connect 127.0.0.1:{Port} -CAfile '{_certificates.Authority}' -cert '{_certificates.Certificate("client")}' -key '{_certificates.Key("client")}' 2>/dev/null |
            head -c 15 | od -An -tx1 -v -w15
            """;
        await using var client = PeerProcess.Start("sh", ["-c", script]);
        var (stream, peer) = await AcceptAsync();
        using var stop = new CancellationTokenSource();
        var serving = _server.ServeAsync(stream, ModbusFraming.Tcp, peer, stop.Token);

        Assert.Equal(" 00 01 00 00 00 09 01 03 06 00 07 00 08 00 09", await client.WaitForLineContainingAsync("00 01"));
        Assert.Null(peer.Role);
        await stop.CancelAsync();
        await serving;
    }

    [PeerFact(Peer.Pymodbus)]
    public async Task Pymodbus_reads_with_a_certificate()
    {
        await using var client = PeerProcess.Start(
            Peer.Python, ["-c", PymodbusClient, Port, _certificates.Authority, _certificates.Certificate("client"), _certificates.Key("client")]);
        var (stream, peer) = await AcceptAsync();
        using var stop = new CancellationTokenSource();
        var serving = _server.ServeAsync(stream, ModbusFraming.Tcp, peer, stop.Token);

        Assert.Equal("registers [7, 8, 9]", await client.WaitForLineAsync("registers"));
        await stop.CancelAsync();
        await serving;
    }

    [PeerFact(Peer.Pymodbus)]
    public async Task We_read_from_pymodbus_with_a_certificate()
    {
        await using var server = PeerProcess.Start(
            Peer.Python, ["-c", PymodbusServer, _certificates.Authority, _certificates.Certificate("server"), _certificates.Key("server")]);
        var ready = await server.WaitForLineAsync("ready ");
        var port = int.Parse(ready["ready ".Length..], CultureInfo.InvariantCulture);
        await using var client = new ModbusClient(
            async cancellationToken =>
            {
                var socket = new Socket(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
                await socket.ConnectAsync(IPAddress.Loopback, port, cancellationToken);
                return await Tls("client").AuthenticateAsClientAsync(new NetworkStream(socket, ownsSocket: true), "localhost", cancellationToken);
            },
            new() { ResponseTimeout = TimeSpan.FromSeconds(30), ConnectTimeout = TimeSpan.FromSeconds(30) });
        var registers = new ushort[3];

        Assert.True((await client.ReadRegistersAsync(new(1), ModbusTable.HoldingRegisters, 0, registers)).IsSuccess);
        Assert.Equal([7, 8, 9], registers);
    }

    [PeerFact(Peer.OpenSsl)]
    public async Task A_client_without_certificate_is_turned_away()
    {
        await using var client = PeerProcess.Start("openssl", ["s_client", "-connect", $"127.0.0.1:{Port}", "-CAfile", _certificates.Authority]);

        await Assert.ThrowsAnyAsync<AuthenticationException>(() => AcceptAsync().AsTask());
    }

    [Fact]
    public async Task A_server_of_another_authority_is_not_trusted()
    {
        using var others = new TestCertificates();
        var foreign = new ModbusTls(others.Authority, others.Certificate("client"), others.Key("client"));
        using var socket = new Socket(SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(_listener.LocalEndpoint);
        var serving = AcceptAsync().AsTask();

        await Assert.ThrowsAnyAsync<AuthenticationException>(
            () => foreign.AuthenticateAsClientAsync(new NetworkStream(socket), "localhost", CancellationToken.None).AsTask());
        await Assert.ThrowsAnyAsync<Exception>(() => serving);
    }

    // MB-TCP-Security-v21 §8.4.
    [PeerFact(Peer.OpenSsl)]
    public async Task The_role_in_a_certificate_that_OpenSSL_made_is_read()
    {
        var folder = Directory.CreateTempSubdirectory("role-");
        var file = Path.Combine(folder.FullName, "role.pem");
        await using (var openssl = PeerProcess.Start("openssl", [
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=operator",
            "-addext", $"{ModbusRole.ExtensionOid}=ASN1:UTF8String:Operator", "-keyout", file + ".key", "-out", file]))
            Assert.True(await openssl.WaitForExitAsync() == 0, openssl.Output);

        using (var certificate = System.Security.Cryptography.X509Certificates.X509CertificateLoader.LoadCertificateFromFile(file))
            Assert.Equal("Operator", ModbusRole.Of(certificate));
        folder.Delete(recursive: true);
    }

    [Fact]
    public void A_file_that_is_missing_is_named()
    {
        var fault = Assert.Throws<ModbusTransportException>(() => new ModbusTls("/nowhere/ca.pem", "/nowhere/me.pem", "/nowhere/me.key"));

        Assert.Contains("/nowhere/ca.pem", fault.Message, StringComparison.Ordinal);
    }

    private ModbusTls Tls(string name) => new(_certificates.Authority, _certificates.Certificate(name), _certificates.Key(name));

    private async ValueTask<(Stream Stream, ModbusPeer Peer)> AcceptAsync()
    {
        var socket = await _listener.AcceptSocketAsync();
        return await Tls("server").AuthenticateAsServerAsync(new NetworkStream(socket, ownsSocket: true), "test", CancellationToken.None);
    }
}
