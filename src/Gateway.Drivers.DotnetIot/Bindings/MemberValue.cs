using System.Collections;
using System.Device.Gpio;
using System.Drawing;
using System.Globalization;
using System.Numerics;
using Gateway.Abstractions;
using UnitsNet;

namespace Gateway.Drivers.DotnetIot.Bindings;

/// <summary>What a binding's values are as values of points.</summary>
internal static class MemberValue
{
    /// <summary>Whether values of a type can be published.</summary>
    public static bool CanPublish(Type type) =>
        type.IsEnum
        || Type.GetTypeCode(type) is TypeCode.Boolean or (>= TypeCode.SByte and <= TypeCode.Decimal) or TypeCode.String or TypeCode.DateTime
        || Quantities.IsQuantity(type)
        || type == typeof(Vector2)
        || type == typeof(Vector3)
        || type == typeof(Vector4)
        || type == typeof(Quaternion)
        || type == typeof(Color)
        || type == typeof(PinValue)
        || type == typeof(TimeSpan)
        || type == typeof(DateTimeOffset)
        || IsListOfNumbers(type);

    /// <summary>The value; none if it is not a number.</summary>
    /// <param name="value">Of a type that can be published.</param>
    /// <param name="unit">The unit that a quantity is given in; null: its own.</param>
    public static PointValue From(object value, Enum? unit) => value switch
    {
        IQuantity quantity => FromNumber(quantity.As(unit ?? quantity.Unit)),
        Enum constant => PointValue.From(constant.ToString()),
        bool flag => PointValue.From(flag),
        PinValue pin => PointValue.From((bool)pin),
        string text => PointValue.From(text),
        float number => float.IsFinite(number) ? PointValue.From(number) : PointValue.None,
        double number => FromNumber(number),
        decimal number => PointValue.From(number),
        ulong number => PointValue.From(number),
        TimeSpan time => FromNumber(time.TotalSeconds),
        DateTime time => PointValue.From(time.ToString("O", CultureInfo.InvariantCulture)),
        DateTimeOffset time => PointValue.From(time.ToString("O", CultureInfo.InvariantCulture)),
        Color color => PointValue.From($"#{color.R:x2}{color.G:x2}{color.B:x2}"),
        Vector2 vector => List(vector.X, vector.Y),
        Vector3 vector => List(vector.X, vector.Y, vector.Z),
        Vector4 vector => List(vector.X, vector.Y, vector.Z, vector.W),
        Quaternion rotation => List(rotation.X, rotation.Y, rotation.Z, rotation.W),
        IEnumerable list => PointValue.From([.. list.Cast<object>().Select(item => From(item, unit: null))]),
        _ => PointValue.From(Convert.ToInt64(value, CultureInfo.InvariantCulture)),
    };

    private static bool IsListOfNumbers(Type type) => type.IsArray && type.GetElementType() is { IsEnum: false } item && Type.GetTypeCode(item) is >= TypeCode.SByte and <= TypeCode.Decimal;

    private static PointValue FromNumber(double number) => double.IsFinite(number) ? PointValue.From(number) : PointValue.None;

    private static PointValue List(params float[] numbers) => PointValue.From([.. numbers.Select(PointValue.From)]);
}
