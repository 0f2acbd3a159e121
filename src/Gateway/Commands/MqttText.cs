using System.Text;
using Gateway.Mqtt.Packets;

namespace Gateway.Commands;

/// <summary>The words of MQTT for people.</summary>
internal static class MqttText
{
    /// <summary>An address as a person writes it.</summary>
    public static string Show(Uri server) => server.OriginalString.TrimEnd('/');

    /// <summary><c>not authorized (0x87)</c>: a reason code's name in the standard, as words.</summary>
    public static string Describe(ReasonCode reasonCode)
    {
        var words = new StringBuilder();
        foreach (var letter in reasonCode.ToString())
        {
            if (char.IsUpper(letter) && words.Length > 0)
            {
                words.Append(' ');
            }

            words.Append(char.ToLowerInvariant(letter));
        }

        return $"{words} (0x{(byte)reasonCode:x2})";
    }
}
