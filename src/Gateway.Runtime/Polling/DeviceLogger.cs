using System.Collections;
using Gateway.Abstractions.Definitions;
using Microsoft.Extensions.Logging;

namespace Gateway.Runtime.Polling;

/// <summary>
/// Gives an entry that has a field <c>Device</c> those that go with it: <c>Bus</c> and <c>Unit</c>. Each entry of a bus's own gets its bus, and says
/// in its text which one it is, where it names neither a device nor a bus.
/// </summary>
/// <param name="inner">Takes the entries.</param>
/// <param name="bus">The bus whose entries these are; null: they are not those of one bus.</param>
/// <param name="find">A device by its name, and its bus; null: there is none.</param>
internal sealed class DeviceLogger(ILogger inner, string? bus, Func<string, (string Bus, DeviceDefinition Device)?> find) : ILogger
{
    private static readonly string[] Subjects = ["Bus", "Device", "Point", "Unit"];

    /// <summary>A device of some buses, and its bus; null: there is none.</summary>
    public static (string Bus, DeviceDefinition Device)? Find(IEnumerable<BusDefinition> buses, string device) =>
        buses.SelectMany(bus => bus.Devices, (bus, each) => (bus.Name, each)).Where(found => found.each.Name == device).Cast<(string, DeviceDefinition)?>().FirstOrDefault();

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
        var device = WithoutAddress(Find(fields, "Device"));
        var found = device is null ? null : find(device);
        var text = formatter(state, exception);
        var entry = new Entry(bus is not null && device is null && !text.Contains(bus, StringComparison.Ordinal) ? $"{bus}: {text}" : text);
        entry.Add("Bus", bus ?? found?.Bus ?? Find(fields, "Bus"));
        entry.Add("Device", device);
        entry.Add("Point", Find(fields, "Point"));
        entry.Add("Unit", found is { } known && known.Device.Settings.TryGet<object>("unit", out var unit) ? unit : fields.FirstOrDefault(field => IsNamed(field, "Unit")).Value);
        foreach (var (name, value) in fields.Where(field => !Subjects.Any(subject => IsNamed(field, subject)) && field.Key != "{OriginalFormat}"))
        {
            entry.Add(name, value);
        }

        inner.Log(logLevel, eventId, entry, exception, static (state, _) => state.ToString());
    }

    private static string? Find(IReadOnlyList<KeyValuePair<string, object?>> fields, string name) =>
        fields.Where(field => IsNamed(field, name)).Select(field => field.Value?.ToString()).FirstOrDefault();

    // A field that the text does not have is named as the parameter is, in lower case.
    private static bool IsNamed(KeyValuePair<string, object?> field, string name) => string.Equals(field.Key, name, StringComparison.OrdinalIgnoreCase);

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
