using Gateway.Modbus.Values;

namespace Gateway.Drivers.Modbus.SunSpec;

/// <summary>One point of a model.</summary>
/// <param name="Name">Its name, as the model has it.</param>
/// <param name="Type">Its type.</param>
/// <param name="Offset">Its first register, from that of the model's id, or from the beginning of its repetition.</param>
/// <param name="Count">Its registers.</param>
/// <param name="ScaleFactor">The point that holds its power of ten; null if there is none.</param>
internal sealed record SunSpecPoint(string Name, SunSpecType Type, int Offset, int Count, string? ScaleFactor);

/// <summary>The type of a point. SunSpec Information Model Specification 1.8 §6.4.</summary>
/// <param name="Content">What the registers hold.</param>
/// <param name="Register">The type of a number.</param>
/// <param name="NotAvailable">What the bits are where a device has not implemented it; null if every value is one.</param>
internal sealed record SunSpecType(ModbusContent Content, RegisterType Register, ulong? NotAvailable);

/// <summary>A model: its points, and those that repeat to its end. Immutable.</summary>
/// <param name="Name">What the model is called, the same for all layouts of one quantity.</param>
/// <param name="Points">The points that it has once.</param>
/// <param name="Length">The registers of those, without id and length.</param>
/// <param name="Group">What the repetition is called; null if nothing repeats.</param>
/// <param name="Repeated">The points of one repetition.</param>
/// <param name="RepeatedLength">The registers of one repetition.</param>
internal sealed record SunSpecModel(
    string Name, IReadOnlyDictionary<string, SunSpecPoint> Points, int Length,
    string? Group, IReadOnlyDictionary<string, SunSpecPoint> Repeated, int RepeatedLength);
