using Gateway.Abstractions.Definitions;
using Gateway.Abstractions.Plugins;
using Gateway.Abstractions.Schema;

namespace Gateway.Drivers.Plugins;

/// <summary>The transports that plug-ins brought, and the key by which a bus chooses one. Immutable.</summary>
/// <param name="all">The transports; no two of a name.</param>
internal sealed class Transports(IReadOnlyList<ITransport> all)
{
    /// <summary>The key's name.</summary>
    public const string Name = "transport";

    /// <summary>Those of a gateway without plug-ins.</summary>
    public static Transports None { get; } = new([]);

    /// <summary>The key of a bus.</summary>
    public static KeySchema Key => new()
    {
        Name = Name,
        Type = KeyType.Text,
        Description = "The transport of a plug-in that carries the bytes. Default: the gateway itself does.",
        Example = "system-io-ports",
    };

    /// <summary>The transport that a bus chose; null: the gateway itself.</summary>
    public ITransport? Find(Settings bus) => bus.TryGet<string>(Name, out var name) ? all.First(transport => transport.Name == name) : null;

    /// <summary>Reports a transport that no plug-in brought.</summary>
    public void Validate(Settings bus, ICollection<Diagnostic> diagnostics)
    {
        if (bus.TryGet<string>(Name, out var name) && all.All(transport => transport.Name != name))
        {
            var known = all.Count > 0 ? $"the plug-ins have {string.Join(", ", all.Select(transport => transport.Name))}" : "no plug-in that is loaded has one";
            diagnostics.Add(Diagnostic.Error(bus.Locate(Name), $"there is no transport '{name}'; {known}"));
        }
    }
}
