using System.Text;
using Spectre.Console;

namespace Gateway.Commands;

/// <summary>A table: drawn on a terminal, plain aligned text where output is redirected.</summary>
/// <param name="columns">The headings.</param>
internal sealed class TableView(params string[] columns)
{
    private readonly List<string[]> _rows = [];

    /// <summary>Adds a row, one text per column.</summary>
    public void AddRow(params string[] cells) => _rows.Add(cells);

    /// <summary>Writes the table; nothing at all without a row.</summary>
    public void Write(TextWriter output)
    {
        if (_rows.Count == 0)
        {
            return;
        }

        if (IsDrawn(output))
        {
            AnsiConsole.Write(Draw());
        }
        else
        {
            WritePlain(output);
        }
    }

    /// <summary>Whether tables are drawn there: it is a terminal.</summary>
    public static bool IsDrawn(TextWriter output) => ReferenceEquals(output, Console.Out) && !Console.IsOutputRedirected;

    /// <summary>The table for a terminal.</summary>
    public Table Draw()
    {
        var table = new Table { Border = TableBorder.Rounded };
        foreach (var column in columns)
        {
            table.AddColumn(new TableColumn(new Text(column)));
        }

        foreach (var row in _rows)
        {
            table.AddRow(row.Select(cell => new Text(cell)));
        }

        return table;
    }

    private void WritePlain(TextWriter output)
    {
        var widths = columns.Select((column, i) => _rows.Max(row => row[i].Length) is var width && width > column.Length ? width : column.Length).ToArray();
        foreach (var row in _rows.Prepend(columns))
        {
            var line = new StringBuilder();
            for (var i = 0; i < row.Length; i++)
            {
                line.Append(row[i].PadRight(widths[i] + 2));
            }

            output.WriteLine(line.ToString().TrimEnd());
        }
    }
}
