using System.Text.Json;
using Gateway.Abstractions.Definitions;
using Gateway.Runtime.Configuration;

namespace Gateway.Hosting;

/// <summary>One thing that a reload would change.</summary>
/// <param name="Change">added, removed or changed.</param>
/// <param name="Kind">section, bus, device or point.</param>
/// <param name="Name">Which: a section's key, a bus, a device, or <c>DEVICE.POINT</c>.</param>
/// <param name="Detail">What of it, or what that costs; null: the name says it.</param>
internal sealed record ConfigurationChange(string Change, string Kind, string Name, string? Detail = null);

/// <summary>What tells two configurations and their maps apart, by what is done about it when one takes the place of the other. Pure.</summary>
internal static class ConfigurationDifference
{
    private const string Added = "added";
    private const string Removed = "removed";
    private const string Changed = "changed";

    /// <summary>The changes: sections first, then buses in the order of the maps, each with its devices and points.</summary>
    /// <param name="before">What runs; null: nothing does.</param>
    /// <param name="after">What would.</param>
    public static IReadOnlyList<ConfigurationChange> Compare(ReadConfiguration? before, ReadConfiguration after)
    {
        var changes = new List<ConfigurationChange>();
        if (before?.Options is { } old && after.Options is { } now)
        {
            changes.AddRange(CompareSections(old, now));
        }

        var buses = (before?.Buses ?? []).ToDictionary(bus => bus.Name);
        foreach (var bus in after.Buses)
        {
            if (buses.Remove(bus.Name, out var same))
            {
                changes.AddRange(CompareBuses(same, bus));
            }
            else
            {
                changes.Add(new(Added, "bus", bus.Name, DevicesOf(bus)));
            }
        }

        changes.AddRange(buses.Values.Select(bus => new ConfigurationChange(Removed, "bus", bus.Name, DevicesOf(bus))));
        return changes;
    }

    private static IEnumerable<ConfigurationChange> CompareSections(GatewayOptions old, GatewayOptions now)
    {
        if (!OptionsComparison.IsSameBroker(old.Broker, now.Broker))
        {
            yield return new(Changed, "section", "broker", "the local broker restarts, and its clients come back");
        }
        else if (!(old.Broker.Acl ?? []).SequenceEqual(now.Broker.Acl ?? []))
        {
            yield return new(Changed, "section", "broker", "the access list is read again");
        }

        if (old.Data != now.Data)
        {
            yield return new(Changed, "section", "data", $"the running service refuses it until it is restarted: {old.Data} → {now.Data}");
        }

        if (!OptionsComparison.IsSameDataPath(old with { Data = now.Data }, now))
        {
            yield return new(Changed, "section", "site, uplink, publish or queue", "uplinks and queue restart, polling does not; what waits stays in the queue");
        }

        if (OptionsComparison.IsSameBroker(old.Broker, now.Broker) && !OptionsComparison.IsSameBridgeQueue(old, now))
        {
            yield return new(Changed, "section", "broker", "the local broker restarts with the queue of the bridge, and its clients come back");
        }

        if (old.IsClockTrusted != now.IsClockTrusted)
        {
            yield return new(Changed, "section", "clock");
        }

        if (!OptionsComparison.IsSameBridge(old.Bridge, now.Bridge))
        {
            yield return new(Changed, "section", "bridge", "it restarts; what waits stays in its queue");
        }

        if (!old.Serve.Select(entry => entry.ToString()).SequenceEqual(now.Serve.Select(entry => entry.ToString())))
        {
            yield return new(Changed, "section", "serve", "its Modbus clients connect anew");
        }

        if (old.Metrics != now.Metrics)
        {
            yield return new(Changed, "section", "metrics");
        }

        if (!OptionsComparison.IsSameWeb(old.Web, now.Web))
        {
            yield return new(Changed, "section", "web", OptionsComparison.IsSameWebButHistory(old.Web, now.Web) ? "history has other room" : "the page opens anew");
        }
    }

    // The canonical text of a bus says which of its parts differ.
    private static IEnumerable<ConfigurationChange> CompareBuses(BusDefinition old, BusDefinition now)
    {
        if (old.Fingerprint == now.Fingerprint)
        {
            yield break;
        }

        using var oldText = JsonDocument.Parse(old.Fingerprint);
        using var nowText = JsonDocument.Parse(now.Fingerprint);
        var changes = new List<ConfigurationChange> { new(Changed, "bus", now.Name, Keys(oldText.RootElement, nowText.RootElement, "bus")) };
        foreach (var (name, one, other) in Pair(oldText.RootElement.GetProperty("devices"), nowText.RootElement.GetProperty("devices")))
        {
            changes.AddRange(CompareDevices(name, one, other));
        }

        foreach (var change in changes)
        {
            yield return change;
        }
    }

    private static IEnumerable<ConfigurationChange> CompareDevices(string name, JsonElement? old, JsonElement? now)
    {
        if (old is not { } one || now is not { } other)
        {
            return [new(old is null ? Added : Removed, "device", name)];
        }

        var changes = Pair(one.GetProperty("points"), other.GetProperty("points"))
            .Where(point => point.Old is null || point.Now is null || point.Old.Value.GetRawText() != point.Now.Value.GetRawText())
            .Select(point => new ConfigurationChange(
                point.Old is null ? Added : point.Now is null ? Removed : Changed,
                "point",
                $"{name}.{point.Name}",
                point is { Old: { } before, Now: { } after } ? Join([Differences(before, after, except: "keys"), Keys(before, after, "keys")]) : null))
            .ToList();
        var keys = Keys(one, other, "keys");
        return keys is null && changes.Count == 0 ? [] : [new(Changed, "device", name, keys), .. changes];
    }

    private static string? Keys(JsonElement old, JsonElement now, string part) => Differences(old.GetProperty(part), now.GetProperty(part), except: null);

    private static string? Differences(JsonElement old, JsonElement now, string? except) => Join(
        Pair(old, now)
            .Where(key => key.Name != except && key.Old?.GetRawText() != key.Now?.GetRawText())
            .Select(key => $"{key.Name}: {Show(key.Old)} → {Show(key.Now)}"));

    private static string? Join(IEnumerable<string?> parts) => string.Join(", ", parts.OfType<string>()) is { Length: > 0 } text ? text : null;

    private static string Show(JsonElement? value) => value switch
    {
        null => "none",
        { ValueKind: JsonValueKind.String } text => text.GetString()!,
        { } other => other.GetRawText(),
    };

    private static IEnumerable<(string Name, JsonElement? Old, JsonElement? Now)> Pair(JsonElement old, JsonElement now)
    {
        var names = now.EnumerateObject().Concat(old.EnumerateObject()).Select(property => property.Name).Distinct();
        return names.Select(name => (name, Find(old, name), Find(now, name)));
    }

    private static JsonElement? Find(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value : null;

    private static string DevicesOf(BusDefinition bus) => string.Join(", ", bus.Devices.Select(device => device.Name));
}
