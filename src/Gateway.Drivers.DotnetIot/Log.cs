using Microsoft.Extensions.Logging;

namespace Gateway.Drivers.DotnetIot;

internal static partial class Log
{
    [LoggerMessage(9000, LogLevel.Warning, "{Device} on {Bus}: {Message}")]
    public static partial void BindingFailed(ILogger logger, string device, string bus, string message);

    [LoggerMessage(9001, LogLevel.Information, "{Device} on {Bus} works again.")]
    public static partial void BindingWorks(ILogger logger, string device, string bus);
}
