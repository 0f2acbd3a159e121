using System.Reflection;

namespace Gateway;

/// <summary>The version of the program.</summary>
internal static class ProgramVersion
{
    /// <summary><c>0.1.0</c></summary>
    public static string Text { get; } = Assembly.GetExecutingAssembly().GetName().Version!.ToString(3);
}
