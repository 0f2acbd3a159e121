using System.Net;
using Microsoft.Extensions.Logging;

namespace Gateway.Mqtt.Broker;

/// <summary>Everything the broker logs: events 2000 to 2999.</summary>
internal static partial class Log
{
    [LoggerMessage(2000, LogLevel.Information, "MQTT listens on {Uri} ({EndPoint}{More}).")]
    public static partial void Listening(ILogger logger, Uri uri, EndPoint endPoint, string more);

    [LoggerMessage(2001, LogLevel.Warning, "{Problem} The broker goes on without that listener and tries again every {Seconds} s.")]
    public static partial void ListenerFailed(ILogger logger, string problem, double seconds);

    [LoggerMessage(2002, LogLevel.Error, "Accepting connections on {EndPoint} failed; the listener is opened again.")]
    public static partial void AcceptFailed(ILogger logger, Exception exception, EndPoint endPoint);

    [LoggerMessage(2003, LogLevel.Information, "The certificate of {File} ({Subject}) is in use; it is valid until {NotAfter:u}.")]
    public static partial void CertificateLoaded(ILogger logger, string file, string subject, DateTime notAfter);

    [LoggerMessage(2004, LogLevel.Warning, "The certificate of {File} expired at {NotAfter:u}: clients will refuse it.")]
    public static partial void CertificateExpired(ILogger logger, string file, DateTime notAfter);

    [LoggerMessage(2005, LogLevel.Warning, "The renewed certificate is not used, and the one before stays: {Problem}")]
    public static partial void CertificateNotRenewed(ILogger logger, string problem);

    [LoggerMessage(2006, LogLevel.Information, "The client at {EndPoint} is refused for its certificate: {Reason}{More}.")]
    public static partial void ClientCertificateRefused(ILogger logger, EndPoint? endPoint, string reason, string more);

    [LoggerMessage(2007, LogLevel.Warning, "A web page of {Origin} was kept from connecting; list it among the allowed origins if it may{More}.")]
    public static partial void OriginRefused(ILogger logger, string origin, string more);

    [LoggerMessage(2008, LogLevel.Warning, "systemd listens on {EndPoint} for the broker, which has no listener of that address: whoever connects there waits in vain. Write it in 'listen', or take it out of the socket unit.")]
    public static partial void SocketUnused(ILogger logger, EndPoint endPoint);

    [LoggerMessage(2010, LogLevel.Information, "{ClientId} connected from {EndPoint} with MQTT {Version}.")]
    public static partial void Connected(ILogger logger, string clientId, EndPoint? endPoint, Packets.ProtocolVersion version);

    [LoggerMessage(2011, LogLevel.Information, "{ClientId} is disconnected: {Reason}.")]
    public static partial void Disconnected(ILogger logger, string clientId, string reason);

    [LoggerMessage(EventId = 2012, Message = "The connection from {EndPoint} is closed for an error: {Reason} ({ReasonCode}){More}")]
    public static partial void ClosedForError(ILogger logger, LogLevel level, EndPoint? endPoint, string reason, Packets.ReasonCode reasonCode, string more);

    [LoggerMessage(2013, LogLevel.Debug, "The connection from {EndPoint} is refused: there are {Connections} already, too many from its address, or they come too fast.")]
    public static partial void ConnectionRefused(ILogger logger, EndPoint? endPoint, int connections);

    [LoggerMessage(2016, LogLevel.Debug, "{Count} connections are refused: there are too many.")]
    public static partial void ConnectionsRefused(ILogger logger, int count);

    [LoggerMessage(2017, LogLevel.Warning, "No connection can be accepted: {Problem}. It is tried again every second.")]
    public static partial void AcceptPaused(ILogger logger, string problem);

    [LoggerMessage(2014, LogLevel.Error, "The authenticator failed; {ClientId} is refused.")]
    public static partial void AuthenticatorFailed(ILogger logger, Exception exception, string clientId);

    [LoggerMessage(2015, LogLevel.Error, "A connection from {EndPoint} failed.")]
    public static partial void ConnectionFailed(ILogger logger, Exception exception, EndPoint? endPoint);

    [LoggerMessage(2020, LogLevel.Error, "A handler of {Filter} failed; the message is skipped.")]
    public static partial void HandlerFailed(ILogger logger, Exception exception, string filter);

    [LoggerMessage(2021, LogLevel.Error, "A handler of the broker's events failed; the event is skipped.")]
    public static partial void ObserverFailed(ILogger logger, Exception exception);

    [LoggerMessage(2022, LogLevel.Error, "A message tap failed; the message is lost to it.")]
    public static partial void TapFailed(ILogger logger, Exception exception);

    [LoggerMessage(2030, LogLevel.Error, "The broker works from memory, because its store failed: {Trouble}. It is tried again every {Seconds} s; what changes until then would not survive.")]
    public static partial void StoreFailed(ILogger logger, Exception exception, string trouble, double seconds);

    [LoggerMessage(2031, LogLevel.Information, "{Retained} retained messages and {Sessions} sessions with {Deliveries} messages on their way were loaded.")]
    public static partial void Loaded(ILogger logger, int retained, int sessions, int deliveries);

    [LoggerMessage(2032, LogLevel.Error, "What changed last could not be saved.")]
    public static partial void LastCommitFailed(ILogger logger, Exception exception);

    [LoggerMessage(2034, LogLevel.Critical, "Writing to the broker's store ended with a fault; the broker works from memory until it is started again.")]
    public static partial void JournalFailed(ILogger logger, Exception exception);

    [LoggerMessage(2033, LogLevel.Information, "The broker's store works again; everything is saved.")]
    public static partial void StoreWorksAgain(ILogger logger);
}
