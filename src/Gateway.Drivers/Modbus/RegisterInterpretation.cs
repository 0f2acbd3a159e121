using System.Globalization;
using Gateway.Modbus.Values;

namespace Gateway.Drivers.Modbus;

/// <summary>Registers read as a number of some type and order.</summary>
/// <param name="Address">The first register.</param>
/// <param name="Type">The type, as maps call it.</param>
/// <param name="Order">The order, as maps call it.</param>
/// <param name="Value">The number as text; <c>–</c> where the digits are none.</param>
/// <param name="IsPlausible">Whether a device may well mean that: not 0, not a pattern for no value, of a size that measurements have.</param>
public sealed record RegisterInterpretation(int Address, string Type, string Order, string Value, bool IsPlausible)
{
    private const double SmallestFloat = 0.001;
    private const double LargestFloat = 10_000_000;
    private const decimal Largest32 = 10_000_000;
    private const decimal Largest64 = 1_000_000_000_000;

    private static readonly ushort[] Patterns = [0x7FFF, 0x8000, 0xFFFF];

    /// <summary>Every number that some registers may be: by address, type and order.</summary>
    /// <param name="registers">The registers, by address.</param>
    /// <param name="first">The first address at which a number may begin.</param>
    /// <param name="last">The last one.</param>
    public static IEnumerable<RegisterInterpretation> All(IReadOnlyDictionary<int, ushort> registers, int first, int last)
    {
        ArgumentNullException.ThrowIfNull(registers);
        for (var address = first; address <= last; address++)
        {
            foreach (var type in Enum.GetValues<RegisterType>())
            {
                var count = type.RegisterCount();
                var words = Enumerable.Range(address, count).Where(registers.ContainsKey).Select(at => registers[at]).ToArray();
                if (words.Length < count)
                {
                    continue;
                }

                foreach (var order in Enum.GetValues<ByteOrder>().Where(order => count > 1 || order is ByteOrder.ABCD or ByteOrder.BADC))
                {
                    yield return Of(address, type, order, words);
                }
            }
        }
    }

    private static RegisterInterpretation Of(int address, RegisterType type, ByteOrder order, ushort[] words)
    {
        var number = RegisterCodec.Decode(words, type, order);
        var isPattern = words.All(word => word == 0) || words.All(Patterns.Contains);
        return new RegisterInterpretation(
            address,
            ModbusContentParser.NameOf(type),
            order.ToString(),
            number.IsValid ? Text(number) : "–",
            number.IsValid && !isPattern && IsPlausibleSize(number));
    }

    private static string Text(RegisterValue number) => number.Type switch
    {
        RegisterType.Float16 or RegisterType.Float32 => number.Single.ToString(CultureInfo.InvariantCulture),
        RegisterType.Float64 => number.Double.ToString(CultureInfo.InvariantCulture),
        RegisterType.UInt64 => number.UInt64.ToString(CultureInfo.InvariantCulture),
        _ => number.Int64.ToString(CultureInfo.InvariantCulture),
    };

    private static bool IsPlausibleSize(RegisterValue number) => number.Type switch
    {
        RegisterType.Float16 => false, // nearly all of them are of such a size
        RegisterType.Float32 or RegisterType.Float64 => Math.Abs(number.Double) is >= SmallestFloat and <= LargestFloat,
        RegisterType.UInt64 => number.UInt64 <= Largest64,
        _ when number.Type.RegisterCount() == 4 => Math.Abs((decimal)number.Int64) <= Largest64,
        _ => Math.Abs((decimal)number.Int64) <= Largest32,
    };
}
