using System.Net.Sockets;
using CsAligner.Tensors;
using Npgsql;

namespace CsAligner.Search.Postgres;

/// <summary>What a failure of PostgreSQL means.</summary>
internal static class PostgresFailures
{
    public static bool IsOfStore(Exception failure) => failure is NpgsqlException or IOException or SocketException or TimeoutException
        or InvalidOperationException { Message: "Connection is not open" };

    /// <summary>Whether it may work the next time: the connection was lost, the server starts or ends, others were in the way.</summary>
    public static bool IsPassing(Exception failure) => failure is PostgresException refused
        ? refused.IsTransient || refused.SqlState is "57P01" or "57P02" or "57P03" or "40001" or "40P01" or "53300"
        : failure is not NpgsqlException { InnerException: System.Security.Authentication.AuthenticationException };

    public static IndexStoreException Describe(string where, Exception failure, WriteOutcome outcome)
    {
        string what = failure switch
        {
            PostgresException { SqlState: "28P01" or "28000" } => "it refuses user or password",
            PostgresException { SqlState: "3D000" } refused => refused.MessageText,
            PostgresException { SqlState: "53100" } => "its disk is full",
            PostgresException { SqlState: "42501" } refused => $"{refused.MessageText}; the user needs more rights",
            PostgresException refused => $"{refused.MessageText} ({refused.SqlState})",
            NpgsqlException { InnerException: SocketException socket } => $"it cannot be reached ({socket.Message})",
            NpgsqlException { InnerException: { } inner } => $"the connection was lost ({inner.Message})",
            _ => failure.Message,
        };
        string became = outcome switch
        {
            WriteOutcome.NotDone => "; nothing was changed",
            WriteOutcome.Unknown => "; the write may be done or not: give it again",
            _ => "",
        };
        return new IndexStoreException($"{where}: {what}{became}", outcome, failure);
    }
}
