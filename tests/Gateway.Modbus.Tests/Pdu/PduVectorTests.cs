using Gateway.Modbus.Pdu;
using Gateway.Modbus.Server;
using Microsoft.Extensions.Logging.Abstractions;

namespace Gateway.Modbus.Tests.Pdu;

/// <summary>The examples of the specification, as a client writes and reads them and as a server answers them.</summary>
public sealed class PduVectorTests
{
    public static TheoryData<string, string, string> Examples
    {
        get
        {
            var data = new TheoryData<string, string, string>();
            foreach (var row in Vectors.Read("pdu.txt"))
                data.Add(row[0], row[1], row[2]);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void Requests_are_written_as_the_specification_prints_them(string section, string request, string response)
    {
        _ = response;
        var pdu = new byte[ModbusLimits.MaxPduLength];
        var length = section switch
        {
            "6.1" => RequestWriter.Read(pdu, ModbusTable.Coils, 0x13, 19),
            "6.2" => RequestWriter.Read(pdu, ModbusTable.DiscreteInputs, 0xC4, 22),
            "6.3" => RequestWriter.Read(pdu, ModbusTable.HoldingRegisters, 0x6B, 3),
            "6.4" => RequestWriter.Read(pdu, ModbusTable.InputRegisters, 8, 1),
            "6.5" => RequestWriter.SingleCoil(pdu, 0xAC, true),
            "6.6" => RequestWriter.SingleRegister(pdu, 1, 3),
            "6.7" => RequestWriter.FunctionAlone(pdu, FunctionCode.ReadExceptionStatus),
            "6.8" => RequestWriter.Diagnostics(pdu, subfunction: 0, 0xA537),
            "6.11" => RequestWriter.MultipleCoils(pdu, 0x13, [true, false, true, true, false, false, true, true, true, false]),
            "6.12" => RequestWriter.MultipleRegisters(pdu, 1, [0x000A, 0x0102]),
            "6.13" => RequestWriter.FunctionAlone(pdu, FunctionCode.ReportServerId),
            "6.14" => WriteTwoReferences(pdu),
            "6.15" => RequestWriter.WriteFileRecord(pdu, 4, 7, [0x06AF, 0x04BE, 0x100D]),
            "6.16" => RequestWriter.MaskWrite(pdu, 4, 0xF2, 0x25),
            "6.17" => RequestWriter.ReadWrite(pdu, 3, 6, 14, [0xFF, 0xFF, 0xFF]),
            "6.18" => RequestWriter.ReadFifo(pdu, 0x4DE),
            "6.21" => RequestWriter.Identification(pdu, code: 1, objectId: 0),
            _ => RequestWriter.Read(pdu, ModbusTable.Coils, 0x4A1, 1),
        };

        Assert.Equal(Vectors.Bytes(request), pdu[..length]);
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void Responses_match_their_requests_and_no_others(string section, string request, string response)
    {
        var expected = section == "7" ? ResponseMatch.Exception : ResponseMatch.Yes;
        Assert.Equal(expected, ResponseReader.Match(Vectors.Bytes(request), Vectors.Bytes(response)));
        foreach (var other in Vectors.Read("pdu.txt").Where(row => row[1][..2] != request[..2]))
            Assert.Equal(ResponseMatch.No, ResponseReader.Match(Vectors.Bytes(other[1]), Vectors.Bytes(response)));
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public void Lengths_are_told_from_the_first_bytes(string section, string request, string response)
    {
        _ = section;
        AssertLength(Vectors.Bytes(request), pdu => PduLength.OfRequest(pdu));
        AssertLength(Vectors.Bytes(response), pdu => PduLength.OfResponse(pdu));

        static void AssertLength(byte[] pdu, Func<byte[], int> predict)
        {
            for (var length = 0; length < pdu.Length; length++)
                Assert.Contains(predict(pdu[..length]), new[] { PduLength.Incomplete, pdu.Length });
            Assert.Equal(pdu.Length, predict(pdu));
        }
    }

    [Theory]
    [MemberData(nameof(Examples))]
    public async Task A_server_answers_as_the_specification_prints_it(string section, string request, string response)
    {
        _ = section;
        var memory = new ModbusMemory
        {
            ExceptionStatus = 0x6D,
            Identity = new()
            {
                ServerId = new([.. "Pymodbus"u8, 0xFF]),
                Objects = new Dictionary<byte, string> { [0] = "Acme", [1] = "GW-1", [2] = "V2.11" },
            },
        };
        memory.SetBits(ModbusTable.Coils, 0x13, BitsOf(0xCD, 0x6B, 0x05).AsSpan(0, 19));
        memory.SetBits(ModbusTable.Coils, 0xAC, false);
        memory.SetBits(ModbusTable.DiscreteInputs, 0xC4, BitsOf(0xAC, 0xDB, 0x35).AsSpan(0, 22));
        memory.SetRegisters(ModbusTable.HoldingRegisters, 0x6B, 0x022B, 0, 0x64);
        memory.SetRegisters(ModbusTable.HoldingRegisters, 1, 0, 0);
        memory.SetRegisters(ModbusTable.InputRegisters, 8, 10);
        memory.SetRegisters(ModbusTable.HoldingRegisters, 3, 0xFE, 0x0ACD, 1, 3, 13, 0xFF);
        memory.SetRegisters(ModbusTable.HoldingRegisters, 14, 0, 0, 0);
        memory.SetQueue(0x4DE, 0x1B8, 0x1284);
        memory.SetFile(3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x33CD, 0x40);
        memory.SetFile(4, 0, 0x0DFE, 0x20, 0, 0, 0, 0, 0, 0, 0);
        var handler = new DataStoreHandler(new Dictionary<byte, IModbusDataStore> { [1] = memory }, new ServerDiagnostics(), TimeProvider.System, NullLogger.Instance);
        var buffer = new byte[ModbusLimits.MaxPduLength];

        var length = await handler.HandleAsync(new(1, Vectors.Bytes(request), IsBroadcast: false, Peer: null), buffer, CancellationToken.None);

        Assert.Equal(Vectors.Bytes(response), buffer[..length]);
    }

    [Theory]
    [InlineData("03 00 00 00 00", ExceptionCode.IllegalDataValue)]
    [InlineData("03 00 00 00 7E", ExceptionCode.IllegalDataValue)]
    [InlineData("01 00 00 07 D1", ExceptionCode.IllegalDataValue)]
    [InlineData("03 FF FF 00 02", ExceptionCode.IllegalDataAddress)]
    [InlineData("03 00 00 01", ExceptionCode.IllegalDataValue)]
    [InlineData("05 00 00 12 34", ExceptionCode.IllegalDataValue)]
    [InlineData("0F 00 00 00 09 01 FF", ExceptionCode.IllegalDataValue)]
    [InlineData("10 00 00 00 01 02 00", ExceptionCode.IllegalDataValue)]
    [InlineData("10 00 00 00 7C F8", ExceptionCode.IllegalDataValue)]
    [InlineData("2B 0E 01 00", ExceptionCode.IllegalFunction)]
    [InlineData("83 00 00 00 01", ExceptionCode.IllegalFunction)]
    public void A_request_that_breaks_the_rules_is_refused(string pdu, ExceptionCode expected) =>
        Assert.Equal(expected, RequestPdu.TryParse(Vectors.Bytes(pdu), out _));

    // The example asks for two parts at once, which the client never does.
    private static int WriteTwoReferences(byte[] pdu)
    {
        var first = RequestWriter.ReadFileRecord(pdu, 4, 1, 2);
        var second = new byte[ModbusLimits.MaxPduLength];
        var length = RequestWriter.ReadFileRecord(second, 3, 9, 2);
        second.AsSpan(2, length - 2).CopyTo(pdu.AsSpan(first));
        pdu[1] = 14;
        return first + length - 2;
    }

    private static bool[] BitsOf(params byte[] bytes)
    {
        var bits = new bool[8 * bytes.Length];
        Bits.Unpack(bytes, bits);
        return bits;
    }
}
