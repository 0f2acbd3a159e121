using Gateway.TestSupport;

namespace Gateway.Tests.Processes;

/// <summary>The section <c>serve</c> on every transport, with values of every type, writes, and a serial bus behind the proxy.</summary>
public sealed class ServeTransportTests(ServingGateway gateway) : IClassFixture<ServingGateway>
{
    [PeerTheory(Peer.Pymodbus, Peer.Socat)]
    [InlineData("tcp")]
    [InlineData("rtu-over-tcp")]
    [InlineData("rtu")]
    [InlineData("ascii")]
    public async Task Pymodbus_reads_values_of_every_type(string transport)
    {
        var where = transport switch
        {
            "tcp" => gateway.Tcp,
            "rtu-over-tcp" => gateway.RtuOverTcp,
            "rtu" => gateway.Rtu,
            _ => gateway.Ascii,
        };
        var answers = await PymodbusClient.AskAsync(transport, where, "in 1 0 2", "ho 1 10 4", "ho 1 30 2", "ho 1 40 1", "in 1 50 3", "co 1 3 1", "di 1 4 1", "ho 1 60 1", "ho 1 61 1");

        // 230.5 is 0x43668000 in IEEE 754; 81985529216486895 is 0x0123456789ABCDEF; "SDM6" is 0x5344 0x4D36.
        Assert.Equal(["17254 32768", "291 17767 35243 52719", "21316 19766", "5", "7 7 7", "1", "1", "32768", "exception 2"], answers);
    }

    [PeerFact(Peer.Pymodbus, Peer.Socat)]
    public async Task A_write_goes_the_way_of_commands()
    {
        var answers = await PymodbusClient.AskAsync(
            "tcp", gateway.Tcp,
            "write-ho 1 20 5", "ho 1 20 1", // comfort
            "write-ho 1 20 4", // no text of the enum
            "write-ho 1 21 250", "ho 1 21 1",
            "write-ho 1 21 400", // 40 is above write-max
            "write-ho 1 22 1 2", "ho 1 22 2", // 0x00020001
            "write-ho 1 22 1", // half of a value
            "write-ho 1 40 1", "write-ho 1 999 1", // not writable, not there
            "write-co 1 3 0", "co 1 3 1",
            "write-ho 1 20 3 215 3 4", "ho 1 20 4"); // three values at once

        Assert.Equal(
            ["written", "5", "exception 3", "written", "250", "exception 3", "written", "1 2", "exception 3", "exception 2", "exception 2", "written", "0", "written", "3 215 3 4"],
            answers);

        // On the line itself: 0x00040003, most significant word first.
        Assert.Equal(["3 215 4 3"], await PymodbusClient.AskAsync("tcp", gateway.Proxy, "ho 1 7 4"));
    }

    [PeerTheory(Peer.Pymodbus, Peer.Socat)]
    [InlineData("tcp")]
    [InlineData("rtu")]
    public async Task A_proxy_carries_requests_to_a_serial_bus_under_the_same_unit_ids(string transport)
    {
        var where = transport == "tcp" ? gateway.Proxy : gateway.SerialProxy;

        Assert.Equal(["17254 32768", "1", "exception 2"], await PymodbusClient.AskAsync(transport, where, "in 1 0 2", "di 1 2 1", "ho 1 900 1"));
    }

    [PeerFact(Peer.Pymodbus, Peer.Socat)]
    public async Task A_unit_that_does_not_answer_gives_exception_11() =>
        Assert.Equal(["exception 11"], await PymodbusClient.AskAsync("tcp", gateway.Proxy, "ho 2 0 1"));

    [PeerFact(Peer.Pymodbus, Peer.Socat)]
    public async Task A_proxy_that_is_read_only_refuses_writes() =>
        Assert.Equal(["exception 1", "exception 1", "7"], await PymodbusClient.AskAsync("tcp", gateway.ReadOnlyProxy, "write-ho 1 7 1", "write-co 1 4 1", "ho 1 40 1"));

    [PeerFact(Peer.Mbpoll, Peer.Socat)]
    public async Task Mbpoll_reads_and_writes_over_a_serial_port()
    {
        string[] common = ["-m", "rtu", "-b", "19200", "-P", "none", "-a", "1", "-0", "-1", "-q", "-o", "10"];
        await using (var write = PeerProcess.Start("mbpoll", [.. common, "-t", "0", "-r", "3", gateway.Rtu, "1"]))
        {
            Assert.True(await write.WaitForExitAsync() == 0, write.Output);
        }

        await using var read = PeerProcess.Start("mbpoll", [.. common, "-t", "4", "-r", "10", "-c", "4", gateway.Rtu]);
        Assert.True(await read.WaitForExitAsync() == 0, read.Output);
        Assert.Matches(@"\[10\]:\s+291\s+\[11\]:\s+17767\s", read.Output);
    }

    // The request: transaction 1, unit 1, input registers 0 and 1.
    [PeerFact(Peer.OpenSsl, Peer.Socat)]
    public async Task OpenSSL_reads_with_a_certificate_and_not_without()
    {
        var certificates = gateway.Certificates;
        var script = $"""
            (printf '\000\001\000\000\000\006\001\004\000\000\000\002'; sleep 60) |
            openssl s_client -quiet -connect 127.0.0.1:{gateway.Tls} -CAfile '{certificates.Authority}' -cert '{certificates.Certificate("client")}' -key '{certificates.Key("client")}' 2>/dev/null |
            head -c 13 | od -An -tx1 -v -w13
            """;
        await using (var client = PeerProcess.Start("sh", ["-c", script]))
        {
            Assert.Equal(" 00 01 00 00 00 07 01 04 04 43 66 80 00", await client.WaitForLineContainingAsync("00 01"));
        }

        await using var stranger = PeerProcess.Start("openssl", ["s_client", "-connect", $"127.0.0.1:{gateway.Tls}", "-CAfile", certificates.Authority]);
        await Eventually.TrueAsync(() => gateway.Log.Contains("was turned away", StringComparison.Ordinal));
    }
}
