using Gateway.Abstractions.Definitions;
using Gateway.Web;

namespace Gateway.Commands.Doctor;

/// <summary>The configuration, whether the service runs, and what it says of itself.</summary>
internal static class ServiceExamination
{
    public static IEnumerable<Finding> Examine(Patient patient)
    {
        yield return ExamineConfiguration(patient);
        var user = ServiceUser.Find(patient);
        if (Environment.UserName == "root" && user is not null)
        {
            yield return new("user", Verdict.Doubtful, $"root may do everything, and the service is {ServiceUser.Name}: what it may not do does not show", $"sudo -u {ServiceUser.Name} gateway doctor");
        }

        foreach (var hindrance in patient.Files.Select(file => user?.FindHindrance(file)).OfType<string>().Distinct())
        {
            yield return Directory.Exists(hindrance)
                ? new("user", Verdict.Wrong, $"the service's user {ServiceUser.Name} may not look into {hindrance}, where the configuration has files", $"chgrp {ServiceUser.Name} {hindrance} && chmod g+rx {hindrance}")
                : new("user", Verdict.Wrong, $"the service's user {ServiceUser.Name} may not read {hindrance}, which the configuration names", $"chgrp {ServiceUser.Name} {hindrance} && chmod g+r {hindrance}");
        }

        if (OpenSecrets.Find(patient) is { Length: > 0 } open)
        {
            yield return new("secrets", Verdict.Doubtful, $"{string.Join(", ", open)} can be read by every user of this machine", $"chmod o-r {string.Join(' ', open)}");
        }

        if (patient.Status is not { } status)
        {
            yield return new("service", Verdict.Doubtful, $"no service runs on {patient.DataFolder}, or it may not be asked", "systemctl start gateway, or ask with sudo");
            yield break;
        }

        var now = patient.TimeProvider.GetUtcNow();
        yield return Finding.Fine("service", $"runs since {StatusText.Age(status.Started, now)}");
        foreach (var bus in status.Buses.Where(bus => bus.Missed > 0 && bus.Utilisation > 0.95))
        {
            yield return new("bus", Verdict.Doubtful, $"{bus.Name} is busy for {StatusText.Percent(bus.Utilisation)} of the time and leaves reads out", "read its devices less often, or spread them over two buses: 'gateway check' reckons");
        }

        foreach (var device in status.Buses.SelectMany(bus => bus.Devices).Where(device => device.IsOnline == false))
        {
            yield return new("device", Verdict.Wrong, $"{device.Name} is {StatusText.Describe(device)}", "look at its power, its wires and its address; 'gateway scan' finds what answers");
        }

        if (status.Queue.Problem is { } problem)
        {
            yield return new("queue", Verdict.Wrong, problem, "look at the disk of the data folder");
        }
    }

    private static Finding ExamineConfiguration(Patient patient)
    {
        var read = patient.Configuration;
        var errors = read.Diagnostics.Count(found => found.Severity == DiagnosticSeverity.Error);
        return errors > 0 ? new("configuration", Verdict.Wrong, $"{patient.ConfigurationPath} or a map is not valid (errors: {errors})", $"gateway check {patient.ConfigurationPath}")
            : read.Buses.Count == 0 ? new("configuration", Verdict.Doubtful, $"{patient.ConfigurationPath} is valid, and nothing is to be polled", "write a map into its folder 'devicemaps', or begin with 'gateway init'")
            : Finding.Fine("configuration", $"{patient.ConfigurationPath} is valid (buses: {read.Buses.Count}, devices: {read.Buses.Sum(bus => bus.Devices.Count)})");
    }
}
