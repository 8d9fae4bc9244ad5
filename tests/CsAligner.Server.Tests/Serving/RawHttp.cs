using System.Net.Sockets;

namespace CsAligner.Server.Tests.Serving;

/// <summary>Bytes on a socket, for requests that no client would send.</summary>
internal static class RawHttp
{
    /// <summary>Sends bytes and reads what comes until the service closes the connection.</summary>
    public static Task<string> ExchangeAsync(Uri address, string request) =>
        ExchangeAsync(address, System.Text.Encoding.Latin1.GetBytes(
            request.Replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n", StringComparison.Ordinal)));

    /// <summary>Sends bytes and reads what comes until the service closes the connection.</summary>
    /// <param name="address">The service.</param>
    /// <param name="request">What is sent.</param>
    /// <param name="patience">Closes it from here after this time: the request may lack its end. Null waits.</param>
    public static async Task<string> ExchangeAsync(Uri address, ReadOnlyMemory<byte> request, TimeSpan? patience = null)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        limit.CancelAfter(TimeSpan.FromSeconds(30));
        using var client = new TcpClient();
        await client.ConnectAsync(address.Host.Trim('[', ']'), address.Port, limit.Token);
        NetworkStream stream = client.GetStream();
        using var answer = new MemoryStream();
        try
        {
            await stream.WriteAsync(request, limit.Token);
            Task copied = stream.CopyToAsync(answer, limit.Token);
            if (patience is { } time && await Task.WhenAny(copied, Task.Delay(time, limit.Token)) != copied)
                client.Client.Shutdown(SocketShutdown.Send);
            await copied;
        }
        catch (IOException)
        {
            // The service has heard enough and closed: what it said before counts.
        }

        return System.Text.Encoding.Latin1.GetString(answer.GetBuffer(), 0, (int)answer.Length);
    }
}
