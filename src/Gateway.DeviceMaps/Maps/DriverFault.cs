using Gateway.Abstractions.Drivers;

namespace Gateway.DeviceMaps.Maps;

/// <summary>What is said of a driver that throws where it should answer, as one of a plug-in may.</summary>
public static class DriverFault
{
    /// <summary>Whose fault it is, and what it was: one sentence without a full stop.</summary>
    public static string Describe(IDriver driver, Exception fault)
    {
        ArgumentNullException.ThrowIfNull(driver);
        ArgumentNullException.ThrowIfNull(fault);
        return $"the driver '{driver.Schema.Name}' of {driver.GetType().Assembly.Location} failed: {fault.GetType().Name}: {fault.Message.ReplaceLineEndings(" ").TrimEnd('.')}";
    }
}
