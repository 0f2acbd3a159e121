using System.CommandLine;
using System.Text.Json;
using Gateway.Commands.Doctor;
using Gateway.Hosting;
using Gateway.Runtime;
using Gateway.Web;
using Spectre.Console;

namespace Gateway.Commands;

/// <summary><c>gateway doctor</c>: looks at everything that a support person would ask for.</summary>
internal static class DoctorCommand
{
    public static Command Create()
    {
        var options = new ServiceOptions();
        var command = new Command("doctor", "Looks at configuration, service, buses, clock, disk, network, brokers and certificates, and says what to do. Changes nothing.");
        options.AddTo(command);
        command.SetAction(async (arguments, cancellationToken) =>
        {
            var dataFolder = options.FindDataFolder(arguments);
            var patient = Read(arguments.GetRequiredValue(options.Config), dataFolder, await TryAskAsync(dataFolder, cancellationToken));
            var findings = await ExamineAsync(patient, cancellationToken);
            Print(arguments.InvocationConfiguration.Output, findings, arguments.GetValue(options.Json));
            return findings.Any(finding => finding.Verdict == Verdict.Wrong) ? ExitCode.Failed : ExitCode.Done;
        });
        return command;
    }

    /// <summary>Looks at everything.</summary>
    internal static async Task<IReadOnlyList<Finding>> ExamineAsync(Patient patient, CancellationToken cancellationToken) =>
    [
        .. ServiceExamination.Examine(patient),
        .. HardwareExamination.Examine(patient),
        .. MachineExamination.Examine(patient),
        .. await NetworkExamination.ExamineAsync(patient, cancellationToken),
        .. CertificateExamination.Examine(patient),
    ];

    /// <summary>Prints findings for people, or as JSON.</summary>
    internal static void Print(TextWriter output, IReadOnlyList<Finding> findings, bool asJson)
    {
        if (asJson)
        {
            output.WriteLine(JsonSerializer.Serialize(findings, StatusJson.Readable.IReadOnlyListFinding));
            return;
        }

        var isDrawn = TableView.IsDrawn(output);
        foreach (var finding in findings)
        {
            var (word, colour) = finding.Verdict switch
            {
                Verdict.Fine => ("ok", "green"),
                Verdict.Doubtful => ("doubt", "yellow"),
                _ => ("WRONG", "red"),
            };
            if (isDrawn)
            {
                AnsiConsole.MarkupLine($"[{colour}]{word,-5}[/]  {finding.Subject,-13}  {Markup.Escape(finding.Text)}");
            }
            else
            {
                output.WriteLine($"{word,-5}  {finding.Subject,-13}  {finding.Text}");
            }

            if (finding.Remedy is { } remedy)
            {
                output.WriteLine($"{"",-22}→ {remedy}");
            }
        }
    }

    /// <summary>Reads what is to be looked at.</summary>
    internal static Patient Read(string configurationPath, string dataFolder, GatewayStatus? status)
    {
        var files = new NamedFiles();
        return new()
        {
            ConfigurationPath = configurationPath,
            DataFolder = dataFolder,
            Configuration = new ConfigurationReader(InstalledPlugins.CreateDrivers()).Read(configurationPath, files),
            Files = files.Paths,
            Status = status,
            TimeProvider = TimeProvider.System,
        };
    }

    // A service that may not be asked is one of the findings.
    private static async Task<GatewayStatus?> TryAskAsync(string dataFolder, CancellationToken cancellationToken)
    {
        using var client = new ServiceClient(dataFolder);
        try
        {
            return await client.TryGetAsync("/api/status", StatusJson.Readable.GatewayStatus, cancellationToken);
        }
        catch (CommandException)
        {
            return null;
        }
    }
}
