using System.Reflection;
using Gateway.Abstractions.Definitions;

namespace Gateway.Drivers.DotnetIot.Bindings;

/// <summary>The constructor that makes a device's binding, and what it is called with. Immutable.</summary>
internal sealed class BindingConstructor
{
    private const int MaxListed = 6;

    private readonly ConstructorInfo _constructor;
    private readonly IReadOnlyList<object?> _arguments; // of hardware: its type

    private BindingConstructor(ConstructorInfo constructor, IReadOnlyList<object?> arguments)
    {
        _constructor = constructor;
        _arguments = arguments;
    }

    /// <summary>
    /// Chooses the constructor that takes all that <c>with</c> names and all that it needs of the bus: the one that takes most
    /// hardware, then the one that leaves least to its defaults.
    /// </summary>
    /// <param name="binding">The class.</param>
    /// <param name="bus">The keys of the bus.</param>
    /// <param name="device">The keys of the device.</param>
    /// <param name="diagnostics">Takes why there is none.</param>
    public static BindingConstructor? Choose(Type binding, Settings bus, Settings device, ICollection<Diagnostic> diagnostics)
    {
        var with = device.TryGet<IReadOnlyDictionary<string, string>>("with", out var given) ? given : new Dictionary<string, string>();
        var chosen = binding.GetConstructors()
            .Where(constructor => CanCall(constructor, bus, with))
            .OrderByDescending(constructor => constructor.GetParameters().Count(parameter => BindingPorts.Offers(bus, parameter.ParameterType)))
            .ThenBy(constructor => constructor.GetParameters().Length)
            .FirstOrDefault();
        if (chosen is null)
        {
            var known = string.Join(" or ", binding.GetConstructors().Take(MaxListed).Select(Describe));
            Refuse($"no constructor of {binding.Name} can be called with the hardware of a dotnet-iot {BindingPorts.KindOf(bus)} bus and {(with.Count > 0 ? $"'with' {string.Join(", ", with.Keys)}" : "nothing else")}; it has {known}");
            return null;
        }

        var arguments = new List<object?>();
        foreach (var parameter in chosen.GetParameters())
        {
            if (BindingPorts.Offers(bus, parameter.ParameterType))
            {
                arguments.Add(parameter.ParameterType);
            }
            else if (!TryFind(with, parameter, out var text))
            {
                arguments.Add(parameter.DefaultValue);
            }
            else if (TextValue.TryConvert(text, parameter.ParameterType, out var value, out var error))
            {
                arguments.Add(value);
            }
            else
            {
                Refuse($"'{parameter.Name}' of {binding.Name} {error}, found '{text}'");
                return null;
            }
        }

        return new BindingConstructor(chosen, arguments);

        void Refuse(string message) => diagnostics.Add(Diagnostic.Error(device.Locate(device.IsWritten("with") ? "with" : "binding"), message));
    }

    /// <summary>Makes the binding, which speaks to its chip.</summary>
    /// <param name="ports">The hardware.</param>
    /// <param name="device">The device that it is for.</param>
    /// <param name="opened">Takes the hardware that was opened, for the caller to dispose.</param>
    /// <exception cref="TargetInvocationException">The constructor failed.</exception>
    /// <exception cref="IOException">The hardware cannot be opened.</exception>
    public object Create(BindingPorts ports, DeviceDefinition device, ICollection<IDisposable> opened)
    {
        var parameters = _constructor.GetParameters();
        var arguments = new object?[parameters.Length];
        for (var i = 0; i < arguments.Length; i++)
        {
            arguments[i] = _arguments[i];
            if (_arguments[i] is Type hardware)
            {
                var port = ports.Open(hardware, device);
                opened.Add(port);
                arguments[i] = port;
            }
        }

        return _constructor.Invoke(arguments);
    }

    private static bool CanCall(ConstructorInfo constructor, Settings bus, IReadOnlyDictionary<string, string> with)
    {
        var parameters = constructor.GetParameters();
        return parameters.All(parameter => parameter.IsOptional || BindingPorts.Offers(bus, parameter.ParameterType) || TryFind(with, parameter, out _))
            && with.Keys.All(name => parameters.Any(parameter => name.Equals(parameter.Name, StringComparison.OrdinalIgnoreCase)));
    }

    private static bool TryFind(IReadOnlyDictionary<string, string> with, ParameterInfo parameter, out string text)
    {
        text = with.FirstOrDefault(pair => pair.Key.Equals(parameter.Name, StringComparison.OrdinalIgnoreCase)).Value;
        return text is not null;
    }

    private static string Describe(ConstructorInfo constructor) =>
        $"{constructor.DeclaringType!.Name}({string.Join(", ", constructor.GetParameters().Select(Describe))})";

    private static string Describe(ParameterInfo parameter)
    {
        var type = Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;
        return $"{type.Name} {parameter.Name}{(parameter.IsOptional ? $" = {parameter.DefaultValue ?? "null"}" : "")}";
    }
}
