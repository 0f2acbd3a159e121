using System.CommandLine;
using Gateway.Commands;
using Gateway.Drivers.Modbus;
using Gateway.Modbus.Client;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Web.Scans;

/// <summary>Scans and probes of Modbus lines, through the service where it has the line open.</summary>
internal static class ModbusScans
{
    /// <summary>Through the service an answer also waits for the polls.</summary>
    private static readonly TimeSpan SharedTimeout = TimeSpan.FromSeconds(10);

    // A value is taken as it is: no @response files.
    private static readonly ParserConfiguration Parsing = new() { EnablePosixBundling = false, ResponseFileTokenReplacer = null };

    /// <summary>Looks for devices.</summary>
    public static async Task ScanAsync(ScanRequest request, ISharedLines lines, ScanMailbox mailbox, CancellationToken cancellationToken)
    {
        var (targets, timeout) = Read(request, ScanCommand.CreateTarget(), ScanCommand.TimeoutOf);
        var units = ScanCommand.ParseUnits(request.Units is { Length: > 0 } asked ? asked : "1-247", targets[0].Port is not null);
        await using var shared = Share(lines, targets[0]);
        var scanner = new ModbusScanner(
            shared is null ? targets : [shared.Target], units, shared is null ? timeout : SharedTimeout, TimeProvider.System, NullLogger.Instance);
        var found = new List<ScanFind>();
        var sent = 0;
        await ScanCommand.ScanAsync(scanner, targets[0], found, Send, cancellationToken);
        Send(new ModbusScanProgress(1, 1, ""));
        if (found.Count == 0)
        {
            throw CommandException.Failed($"nothing answered on {targets[0].Port ?? targets[0].ToString()}: look at power, at the two wires (swap A and B), and try a longer timeout");
        }

        using var map = new StringWriter();
        ScanCommand.PrintMap(map, found);
        mailbox.Map = map.ToString();

        void Send(ModbusScanProgress progress)
        {
            for (; sent < found.Count; sent++)
            {
                mailbox.Add(found[sent], StatusJson.Lines.ScanFind);
            }

            mailbox.Tell(progress.Asked, progress.Total, progress.Where);
        }
    }

    /// <summary>Reads a range of registers and shows it as everything that it may be.</summary>
    public static async Task<ProbeDocument> ProbeAsync(ScanRequest request, ISharedLines lines, CancellationToken cancellationToken)
    {
        var place = ProbeCommand.ReadPlace(request.Table ?? "holding", request.Address ?? 0, request.Count ?? 1);
        var (targets, timeout) = Read(request, ProbeCommand.CreateTarget(), _ => ProbeCommand.StandardTimeout);
        if (request.Unit is < 0 or > 255)
        {
            throw CommandException.Usage($"'{request.Unit}' is no unit id: write 0 to 255");
        }

        await using var shared = Share(lines, ProbeCommand.Single(targets));
        return await ProbeCommand.ReadAsync(
            shared?.Target ?? targets[0], new ModbusUnit((byte)(request.Unit ?? 1)), shared is null ? timeout : SharedTimeout, place, cancellationToken);
    }

    private static (IReadOnlyList<ModbusTarget> Targets, TimeSpan Timeout) Read(ScanRequest request, ModbusTargetOptions options, Func<ModbusTarget, TimeSpan> standard)
    {
        var command = new Command("line");
        options.AddTo(command);
        var flags = command.Parse(request.LineFlags, Parsing);
        if (flags.Errors.Count > 0)
        {
            throw CommandException.Usage(flags.Errors[0].Message.TrimEnd('.', ' '));
        }

        var targets = options.Read(flags);
        return (targets, options.ReadTimeout(flags, standard(targets[0])));
    }

    private static SharedLine? Share(ISharedLines lines, ModbusTarget line)
    {
        var shared = lines.Open(line, out var refusal);
        return refusal is null ? shared : throw CommandException.Failed(refusal);
    }
}
