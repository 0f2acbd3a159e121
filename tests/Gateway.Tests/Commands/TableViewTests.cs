using Gateway.Commands;

namespace Gateway.Tests.Commands;

public sealed class TableViewTests
{
    [Fact]
    public void RedirectedOutputIsPlainAndAligned()
    {
        var table = new TableView("device", "state");
        table.AddRow("boiler", "online");
        table.AddRow("main-meter", "offline: timeout");
        using var output = new StringWriter();

        table.Write(output);

        Assert.Equal("""
            device      state
            boiler      online
            main-meter  offline: timeout

            """, output.ToString());
    }

    [Fact]
    public void WithoutRowsThereIsNoTable()
    {
        using var output = new StringWriter();

        new TableView("device").Write(output);

        Assert.Equal("", output.ToString());
    }
}
