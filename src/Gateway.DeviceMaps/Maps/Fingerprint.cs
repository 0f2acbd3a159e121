using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using Gateway.Abstractions.Definitions;
using Gateway.DeviceMaps.Schema;

namespace Gateway.DeviceMaps.Maps;

/// <summary>
/// A bus as canonical text: JSON with every effective value, keys, devices and points in ordinal order.
/// </summary>
internal static class Fingerprint
{
    public static string Of(string driverName, Settings bus, IReadOnlyList<DeviceDefinition> devices)
    {
        using var stream = new MemoryStream();
        using (var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
        {
            json.WriteStartObject();
            json.WriteString("driver", driverName);
            json.WritePropertyName("bus");
            Write(json, bus, []);
            json.WriteStartObject("devices");
            foreach (var device in devices.OrderBy(device => device.Name, StringComparer.Ordinal))
            {
                json.WritePropertyName(device.Name);
                WriteDevice(json, device);
            }

            json.WriteEndObject();
            json.WriteEndObject();
        }

        return Encoding.UTF8.GetString(stream.GetBuffer().AsSpan(0, (int)stream.Length));
    }

    private static void WriteDevice(Utf8JsonWriter json, DeviceDefinition device)
    {
        json.WriteStartObject();
        json.WritePropertyName("keys");
        // The rate of a device shows in its points; the profile's name does not matter beside what it says.
        Write(json, device.Settings, ["every", "profile"]);
        json.WriteStartObject("points");
        foreach (var point in device.AllPoints.OrderBy(point => point.Name, StringComparer.Ordinal))
        {
            json.WriteStartObject(point.Name);
            json.WriteString("every", Quantity.Format(point.Every));
            json.WriteString("report", point.Report.ToString());
            WriteEnumeration(json, point.Enumeration);
            json.WritePropertyName("keys");
            Write(json, point.Settings, ["every", "report", "enum"]);
            json.WriteEndObject();
        }

        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static void WriteEnumeration(Utf8JsonWriter json, IReadOnlyDictionary<long, string>? enumeration)
    {
        if (enumeration is null)
        {
            return;
        }

        json.WriteStartArray("enum");
        foreach (var (number, text) in enumeration.OrderBy(pair => pair.Key))
        {
            json.WriteNumberValue(number);
            json.WriteStringValue(text);
        }

        json.WriteEndArray();
    }

    private static void Write(Utf8JsonWriter json, Settings settings, string[] except)
    {
        json.WriteStartObject();
        foreach (var key in settings.Keys.Except(except).Order(StringComparer.Ordinal))
        {
            json.WritePropertyName(key);
            Write(json, settings.Get<object>(key));
        }

        json.WriteEndObject();
    }

    private static void Write(Utf8JsonWriter json, object value)
    {
        switch (value)
        {
            case Settings keys:
                Write(json, keys, []);
                break;
            case SourceFile file:
                json.WriteStringValue(file.Text);
                break;
            case IReadOnlyDictionary<string, string> texts:
                json.WriteStartObject();
                foreach (var (key, text) in texts.OrderBy(pair => pair.Key, StringComparer.Ordinal))
                {
                    json.WriteString(key, text);
                }

                json.WriteEndObject();
                break;
            case IReadOnlyList<Settings> sections:
                json.WriteStartArray();
                foreach (var section in sections)
                {
                    Write(json, section, []);
                }

                json.WriteEndArray();
                break;
            case IReadOnlyList<string> texts:
                json.WriteStartArray();
                foreach (var text in texts)
                {
                    json.WriteStringValue(text);
                }

                json.WriteEndArray();
                break;
            case bool truth:
                json.WriteBooleanValue(truth);
                break;
            case long number:
                json.WriteNumberValue(number);
                break;
            case decimal number:
                json.WriteRawValue(Quantity.Number(number));
                break;
            case TimeSpan duration:
                json.WriteStringValue(Quantity.Format(duration));
                break;
            default:
                json.WriteStringValue((string)value);
                break;
        }
    }
}
