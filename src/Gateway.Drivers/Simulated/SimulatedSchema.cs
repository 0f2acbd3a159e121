using Gateway.Abstractions.Schema;

namespace Gateway.Drivers.Simulated;

/// <summary>What the maps of the simulated driver may say.</summary>
internal static class SimulatedSchema
{
    /// <summary>The whole schema.</summary>
    public static readonly DriverSchema Schema = new()
    {
        Name = "simulated",
        Description = "Devices that exist in the gateway only: values from waveforms, to try things without hardware.",
        Selector = new()
        {
            Name = "simulated",
            Type = KeyType.Boolean,
            Required = true,
            Description = "Always true.",
            Example = "true",
        },
        Bus = new Dictionary<string, SectionSchema>
        {
            [""] = new()
            {
                Name = "a simulated bus",
                Keys =
                [
                    new()
                    {
                        Name = "name",
                        Type = KeyType.Text,
                        Default = "1",
                        Description = "Tells several simulated buses apart.",
                        Example = "cellar",
                    },
                ],
            },
        },
        Device = new() { Name = "a simulated device", Keys = [] },
        Point = new() { Name = "a simulated point", Keys = [WaveformSchema.Key] },
    };
}
