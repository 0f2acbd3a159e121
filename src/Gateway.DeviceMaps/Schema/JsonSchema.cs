using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Abstractions.Drivers;
using Gateway.Abstractions.Schema;
using Gateway.DeviceMaps.Maps;

namespace Gateway.DeviceMaps.Schema;

/// <summary>
/// Writes what files may say as JSON Schema (draft-07), by which editors complete and check them while they are written. It says
/// less than <c>gateway check</c>: what concerns several keys at once, or several devices, is left to that.
/// </summary>
public static class JsonSchema
{
    private const string Draft = "http://json-schema.org/draft-07/schema#";

    private static readonly JsonSerializerOptions Readable = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // a document of its own, never within HTML
    };

    /// <summary>The schema of a file that is one section, such as <c>gateway.yaml</c>.</summary>
    /// <param name="section">What the file may say.</param>
    /// <param name="title">What the file is called.</param>
    public static string Of(SectionSchema section, string title)
    {
        ArgumentNullException.ThrowIfNull(section);
        var root = new JsonObject { ["$schema"] = Draft, ["title"] = title };
        return Print(Add(root, JsonSchemaSection.Write(section)));
    }

    /// <summary>The schema of a document of a device map.</summary>
    /// <param name="drivers">The drivers that maps may name.</param>
    public static string OfMaps(IEnumerable<IDriver> drivers)
    {
        var schemas = drivers.Select(driver => new MapSchema(driver)).ToArray();
        var root = new JsonObject { ["$schema"] = Draft, ["title"] = "A device map of the gateway" };
        Add(root, JsonSchemaSection.Write(CommonKeys.Document, key => key.Name switch
        {
            "bus" => new JsonObject
            {
                ["description"] = key.Description,
                ["type"] = "object",
                ["anyOf"] = List(schemas.Select(schema => Requires(NameOf(schema)))),
            },
            "devices" => new JsonObject { ["description"] = key.Description, ["type"] = "array", ["minItems"] = 1, ["items"] = new JsonObject { ["type"] = "object" } },
            _ => null,
        }));
        root["allOf"] = List(schemas.Select(schema => new JsonObject
        {
            ["if"] = new JsonObject { ["properties"] = new JsonObject { ["bus"] = Requires(NameOf(schema)) } },
            ["then"] = new JsonObject
            {
                ["properties"] = new JsonObject
                {
                    ["bus"] = Reference(schema, "bus"),
                    ["devices"] = new JsonObject { ["items"] = Reference(schema, "device") },
                },
            },
        }));
        root["definitions"] = Definitions(schemas, withBuses: true);
        return Print(root);
    }

    /// <summary>The schema of a profile of the device library.</summary>
    /// <param name="drivers">The drivers that profiles may name.</param>
    public static string OfProfiles(IEnumerable<IDriver> drivers)
    {
        var schemas = drivers.Select(driver => new MapSchema(driver)).ToArray();
        var root = new JsonObject { ["$schema"] = Draft, ["title"] = "A profile of the gateway's device library", ["type"] = "object", ["required"] = new JsonArray("driver") };
        root["properties"] = new JsonObject { ["driver"] = new JsonObject { ["enum"] = List(schemas.Select(schema => JsonValue.Create(NameOf(schema)))) } };
        root["allOf"] = List(schemas.Select(schema => new JsonObject
        {
            ["if"] = new JsonObject { ["properties"] = new JsonObject { ["driver"] = new JsonObject { ["const"] = NameOf(schema) } } },
            ["then"] = JsonSchemaSection.Write(schema.Profile, key => key.Name == "points" ? Points(key, Reference(schema, "point")) : null),
        }));
        root["definitions"] = Definitions(schemas, withBuses: false);
        return Print(root);
    }

    private static JsonObject Definitions(IEnumerable<MapSchema> schemas, bool withBuses)
    {
        var definitions = new JsonObject { ["calculated-point"] = JsonSchemaSection.Write(CommonKeys.Calculated) };
        foreach (var schema in schemas)
        {
            var name = NameOf(schema);
            if (withBuses)
            {
                definitions[$"{name}-bus"] = Bus(schema);
                definitions[$"{name}-device"] = Device(schema);
                definitions[$"{name}-point-over-profile"] = Point(schema.Point with { ExactlyOneOf = [], Keys = [.. schema.Point.Keys.Select(key => key with { Required = false })] });
            }

            definitions[$"{name}-point"] = Point(schema.Point);
        }

        return definitions;
    }

    private static JsonObject Bus(MapSchema schema)
    {
        var selector = schema.Driver.Schema.Selector.Name;
        return schema.Buses.Count == 1 && schema.Buses.TryGetValue("", out var only)
            ? JsonSchemaSection.Write(only)
            : new JsonObject
            {
                ["properties"] = new JsonObject { [selector] = JsonSchemaSection.Write(schema.Driver.Schema.Selector) },
                ["allOf"] = List(schema.Buses.Select(bus => new JsonObject
                {
                    ["if"] = new JsonObject { ["properties"] = new JsonObject { [selector] = new JsonObject { ["const"] = bus.Key } } },
                    ["then"] = JsonSchemaSection.Write(bus.Value),
                })),
            };
    }

    // With a profile a point need not say where it is.
    private static JsonObject Device(MapSchema schema)
    {
        string[] profileKeys = schema.Driver.Schema.NamedProfiles is { } named ? ["profile", named.Key] : ["profile"];
        var device = JsonSchemaSection.Write(schema.Device, key => key.Name == "points" ? new JsonObject { ["description"] = key.Description, ["type"] = "object" } : null);
        if (!schema.Driver.Schema.FindsPoints)
        {
            device["anyOf"] = List(profileKeys.Prepend("points").Select(Requires));
        }

        device["if"] = new JsonObject { ["anyOf"] = List(profileKeys.Select(Requires)) };
        device["then"] = new JsonObject { ["properties"] = new JsonObject { ["points"] = new JsonObject { ["additionalProperties"] = Reference(schema, "point-over-profile") } } };
        device["else"] = new JsonObject { ["properties"] = new JsonObject { ["points"] = new JsonObject { ["additionalProperties"] = Reference(schema, "point") } } };
        return device;
    }

    private static JsonObject Point(SectionSchema section) => new()
    {
        ["if"] = Requires("calc"),
        ["then"] = new JsonObject { ["$ref"] = "#/definitions/calculated-point" },
        ["else"] = JsonSchemaSection.Write(section),
    };

    private static JsonObject Points(KeySchema key, JsonObject point) =>
        new() { ["description"] = key.Description, ["type"] = "object", ["additionalProperties"] = point };

    private static JsonObject Requires(string key) => new() { ["required"] = new JsonArray(key) };

    private static JsonObject Reference(MapSchema schema, string part) => new() { ["$ref"] = string.Create(CultureInfo.InvariantCulture, $"#/definitions/{NameOf(schema)}-{part}") };

    private static string NameOf(MapSchema schema) => schema.Driver.Schema.Name;

    private static JsonArray List(IEnumerable<JsonNode> items) => [.. items];

    private static JsonObject Add(JsonObject target, JsonObject source)
    {
        foreach (var (name, value) in source)
        {
            target[name] = value?.DeepClone();
        }

        return target;
    }

    private static string Print(JsonObject schema) => schema.ToJsonString(Readable) + "\n";
}
