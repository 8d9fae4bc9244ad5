using System.Net;
using System.Net.Sockets;

namespace CsAligner.Search.Tests.Servers;

/// <summary>Passes connections on to a server, until it is cut.</summary>
internal sealed class CuttableConnection : IAsyncDisposable
{
    private readonly int _to;
    private readonly List<TcpClient> _open = [];
    private readonly CancellationTokenSource _stop = new();
    private TcpListener? _listener;

    public CuttableConnection(int to)
    {
        _to = to;
        var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        Port = ((IPEndPoint)listener.LocalEndpoint).Port;
        Listen(listener);
    }

    public int Port { get; }

    /// <summary>Closes all connections, without a word, and takes no new ones.</summary>
    public void Cut()
    {
        _listener?.Stop();
        _listener = null;
        CutOpen();
    }

    /// <summary>Closes all connections; new ones are taken.</summary>
    public void CutOpen()
    {
        lock (_open)
        {
            _open.ForEach(client => client.Dispose());
            _open.Clear();
        }
    }

    /// <summary>Takes connections again.</summary>
    public void Mend()
    {
        var listener = new TcpListener(IPAddress.Loopback, Port);
        listener.Start();
        Listen(listener);
    }

    public ValueTask DisposeAsync()
    {
        _stop.Cancel();
        Cut();
        _stop.Dispose();
        return ValueTask.CompletedTask;
    }

    private void Listen(TcpListener listener)
    {
        _listener = listener;
        _ = Task.Run(async () =>
        {
            try
            {
                while (true)
                {
                    TcpClient client = await listener.AcceptTcpClientAsync(_stop.Token), server = new();
                    lock (_open) _open.AddRange([client, server]);
                    await server.ConnectAsync(IPAddress.Loopback, _to, _stop.Token);
                    _ = PassAsync(client, server);
                    _ = PassAsync(server, client);
                }
            }
            catch (Exception failure) when (failure is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // Cut.
            }
        });
    }

    private static async Task PassAsync(TcpClient from, TcpClient to)
    {
        try
        {
            await from.GetStream().CopyToAsync(to.GetStream());
        }
        catch (Exception failure) when (failure is IOException or SocketException or ObjectDisposedException or InvalidOperationException)
        {
            // Cut, or the other end is gone.
        }

        from.Dispose();
        to.Dispose();
    }
}
