using System.Globalization;
using Gateway.Modbus.Values;

namespace Gateway.Drivers.Modbus.SunSpec;

/// <summary>The models that ship with the gateway, from <c>models.txt</c>, by their ids.</summary>
internal static class SunSpecModels
{
    private const int HeaderLength = 2;

    private static readonly Dictionary<string, SunSpecType> Types = new()
    {
        ["uint16"] = new(ModbusContent.Number, RegisterType.UInt16, 0xFFFF),
        ["int16"] = new(ModbusContent.Number, RegisterType.Int16, 0x8000),
        ["enum16"] = new(ModbusContent.Number, RegisterType.UInt16, 0xFFFF),
        ["bitfield16"] = new(ModbusContent.Number, RegisterType.UInt16, 0xFFFF),
        ["sunssf"] = new(ModbusContent.Number, RegisterType.Int16, 0x8000),
        ["pad"] = new(ModbusContent.Number, RegisterType.UInt16, null),
        ["uint32"] = new(ModbusContent.Number, RegisterType.UInt32, 0xFFFF_FFFF),
        ["bitfield32"] = new(ModbusContent.Number, RegisterType.UInt32, 0xFFFF_FFFF),
        ["acc32"] = new(ModbusContent.Number, RegisterType.UInt32, null),
        ["acc64"] = new(ModbusContent.Number, RegisterType.UInt64, null),
        ["float32"] = new(ModbusContent.Number, RegisterType.Float32, 0x7FC0_0000),
        ["string"] = new(ModbusContent.Text, default, null),
    };

    private static readonly Dictionary<int, SunSpecModel> ById = Read();

    /// <summary>All models by id.</summary>
    public static IReadOnlyDictionary<int, SunSpecModel> All => ById;

    private static Dictionary<int, SunSpecModel> Read()
    {
        using var stream = typeof(SunSpecModels).Assembly.GetManifestResourceStream("sunspec-models.txt")!;
        using var reader = new StreamReader(stream);
        var models = new Dictionary<int, SunSpecModel>();
        Layout? layout = null;
        while (reader.ReadLine() is { } line)
        {
            var words = line.Split([' ', ':'], StringSplitOptions.RemoveEmptyEntries);
            switch (words)
            {
                case [] or ["#", ..] or ["#"]:
                    break;
                case ["model", .. var ids, var name]:
                    layout?.AddTo(models);
                    layout = new Layout(name, [.. ids.Select(id => int.Parse(id, CultureInfo.InvariantCulture))]);
                    break;
                case ["repeat", var group]:
                    layout!.Repeat(group);
                    break;
                default:
                    layout!.Add(line[..line.IndexOf(':', StringComparison.Ordinal)].Split(' '), line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries));
                    break;
            }
        }

        layout?.AddTo(models);
        return models;
    }

    private sealed class Layout(string name, int[] ids)
    {
        private readonly Dictionary<string, SunSpecPoint> _once = [];
        private readonly Dictionary<string, SunSpecPoint> _repeated = [];
        private string? _group;
        private int _length = HeaderLength;
        private int _repeatedLength;

        public void Repeat(string group) => _group = group;

        public void Add(string[] type, string[] names)
        {
            var kind = type[0].StartsWith("string", StringComparison.Ordinal) ? "string" : type[0];
            var found = Types[kind];
            var count = kind == "string" ? int.Parse(type[0]["string".Length..], CultureInfo.InvariantCulture) : found.Register.RegisterCount();
            foreach (var point in names)
            {
                ref var offset = ref (_group is null ? ref _length : ref _repeatedLength);
                (_group is null ? _once : _repeated).Add(point, new SunSpecPoint(point, found, offset, count, type.Length > 1 ? type[1] : null));
                offset += count;
            }
        }

        public void AddTo(Dictionary<int, SunSpecModel> models)
        {
            var model = new SunSpecModel(name, _once, _length - HeaderLength, _group, _repeated, _repeatedLength);
            foreach (var id in ids)
            {
                models.Add(id, model);
            }
        }
    }
}
