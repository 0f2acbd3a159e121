using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using Gateway.Abstractions.Definitions;
using Gateway.DeviceMaps.Files;
using Gateway.DeviceMaps.Maps;
using Gateway.Drivers;
using Gateway.Runtime.Configuration;
using Gateway.Runtime.HomeAssistant;
using Gateway.TestSupport;

namespace Gateway.Runtime.Tests.HomeAssistant;

/// <summary>What is announced of the devices of maps, and the rules of Home Assistant.</summary>
internal static class Discovered
{
    public static readonly string Data = Path.Combine(Repository.Root, "tests", "data", "home-assistant");

    public static readonly string Library = Path.Combine(Repository.Root, "devicemaps", "library");

    public static readonly JsonSerializerOptions Json = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static JsonNode Rules { get; } = JsonNode.Parse(File.ReadAllText(Path.Combine(Data, "rules.json")))!;

    public static PublishOptions Publish(PayloadStyle format = PayloadStyle.Json, PublishUnit per = PublishUnit.Point) =>
        new() { Topic = PublishOptions.DefaultTopic, Format = format, Per = per, HomeAssistantPrefix = "homeassistant" };

    public static IReadOnlyList<BusDefinition> Load(string path)
    {
        var result = new MapLoader(DriverCatalog.Create(), new DiskFiles()).Load([path], new ProfileLibrary(new DiskFiles(), [Library]));
        Assert.DoesNotContain(result.Diagnostics, diagnostic => diagnostic.Severity == DiagnosticSeverity.Error);
        return result.Buses;
    }

    public static JsonObject Announce(DeviceDefinition device, PublishOptions? publish = null)
    {
        var messages = new DiscoveryMessages("plant1", publish ?? Publish(), "1.2.3");
        return JsonNode.Parse(messages.Announce(messages.Of(device), []).Payload.Span)!.AsObject();
    }
}
