using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Drivers;

namespace Gateway.Commands;

/// <summary>What <c>gateway check --json</c> prints.</summary>
/// <param name="Findings">All findings, by file, line and column.</param>
/// <param name="Buses">The buses of maps that are valid.</param>
internal sealed record CheckDocument(IReadOnlyList<CheckFinding> Findings, IReadOnlyList<CheckedBus> Buses);

/// <summary>One finding.</summary>
/// <param name="Severity">error or warning.</param>
/// <param name="File">The file.</param>
/// <param name="Line">The line, from 1; 0: the file as a whole.</param>
/// <param name="Column">The column, from 1; 0: the file as a whole.</param>
/// <param name="Message">What is wrong, one sentence.</param>
internal sealed record CheckFinding(string Severity, string File, int Line, int Column, string Message)
{
    public static CheckFinding Of(Diagnostic found) => new(
        found.Severity == DiagnosticSeverity.Error ? "error" : "warning", found.Location.File, found.Location.Line, found.Location.Column, found.Message);
}

/// <summary>One bus.</summary>
/// <param name="Name">What people call it.</param>
/// <param name="Devices">How many devices it has.</param>
/// <param name="Points">How many points they have.</param>
/// <param name="Load">The share of the time that polling will take, 0 to 1 or more; null: its driver has no estimate.</param>
/// <param name="Reckoned">How that is reckoned.</param>
internal sealed record CheckedBus(string Name, int Devices, int Points, double? Load, string? Reckoned)
{
    public static CheckedBus Of(BusDefinition bus, BusLoad? load) =>
        new(bus.Name, bus.Devices.Count, bus.Devices.Sum(device => device.AllPoints.Count()), load?.Utilisation, load?.Arithmetic);
}
