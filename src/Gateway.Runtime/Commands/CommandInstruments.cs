using System.Diagnostics.Metrics;

namespace Gateway.Runtime.Commands;

/// <summary>What became of commands, told by System.Diagnostics.Metrics under the meter <c>Gateway.Commands</c>.</summary>
internal sealed class CommandInstruments : IDisposable
{
    private readonly Meter _meter;

    /// <param name="meterFactory">Makes the meter; null: it is made as any other.</param>
    /// <param name="router">Counts the commands.</param>
    public CommandInstruments(IMeterFactory? meterFactory, CommandRouter router)
    {
        const string name = "Gateway.Commands";
        _meter = meterFactory?.Create(new MeterOptions(name)) ?? new Meter(name);
        _meter.CreateObservableCounter<long>(
            "gateway.commands",
            () => [new(router.Done, new KeyValuePair<string, object?>("outcome", "done")), new(router.Refused, new KeyValuePair<string, object?>("outcome", "refused"))],
            "{command}",
            "Commands that came by MQTT, by outcome: done or refused.");
    }

    /// <summary>Nothing is told any more.</summary>
    public void Dispose() => _meter.Dispose();
}
