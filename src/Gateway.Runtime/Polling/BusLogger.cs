using System.Collections;
using Gateway.Abstractions.Definitions;
using Microsoft.Extensions.Logging;

namespace Gateway.Runtime.Polling;

/// <summary>
/// Says with each entry of a bus what it is about: bus, device, point and unit as fields of their own, <c>Bus</c>, <c>Device</c>, <c>Point</c>
/// and <c>Unit</c>; and in the text which bus it is, where it names neither a device nor a bus.
/// </summary>
/// <param name="inner">Takes the entries.</param>
/// <param name="bus">The bus's name.</param>
/// <param name="findDevice">A device by its name; null: there is none.</param>
internal sealed class BusLogger(ILogger inner, string bus, Func<string, DeviceDefinition?> findDevice) : ILogger
{
    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => inner.BeginScope(state);

    public bool IsEnabled(LogLevel logLevel) => inner.IsEnabled(logLevel);

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        if (!inner.IsEnabled(logLevel))
        {
            return;
        }

        var fields = state as IReadOnlyList<KeyValuePair<string, object?>> ?? [];
        var point = Find(fields, "Point");
        var device = point is null ? WithoutAddress(Find(fields, "Device")) : point.Split('.')[0];
        var text = formatter(state, exception);
        var entry = new Entry(device is null && !text.Contains(bus, StringComparison.Ordinal) ? $"{bus}: {text}" : text);
        entry.Add("Bus", bus);
        entry.Add("Device", device);
        entry.Add("Point", point?[(device!.Length + 1)..]);
        entry.Add("Unit", device is not null && findDevice(device)?.Settings.TryGet<object>("unit", out var unit) == true ? unit : null);
        foreach (var (name, value) in fields.Where(field => field.Key is not ("Bus" or "Device" or "Point" or "{OriginalFormat}")))
        {
            entry.Add(name, value);
        }

        inner.Log(logLevel, eventId, entry, exception, static (state, _) => state.ToString());
    }

    private static string? Find(IReadOnlyList<KeyValuePair<string, object?>> fields, string name) =>
        fields.Where(field => field.Key == name).Select(field => field.Value?.ToString()).FirstOrDefault();

    // meter (unit 7)
    private static string? WithoutAddress(string? device) => device?.IndexOf(" (", StringComparison.Ordinal) is >= 0 and var end ? device[..end] : device;

    private sealed class Entry(string text) : IReadOnlyList<KeyValuePair<string, object?>>
    {
        private readonly List<KeyValuePair<string, object?>> _fields = [];

        public int Count => _fields.Count;

        public KeyValuePair<string, object?> this[int index] => _fields[index];

        public void Add(string name, object? value)
        {
            if (value is not null)
            {
                _fields.Add(new(name, value));
            }
        }

        public IEnumerator<KeyValuePair<string, object?>> GetEnumerator() => _fields.GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        public override string ToString() => text;
    }
}
