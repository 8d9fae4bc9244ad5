using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Reflection;
using CsAligner.Search.Tests.Servers;
using CsAligner.Testing;
using StackExchange.Redis;

[assembly: AssemblyFixture(typeof(GarnetCluster))]

namespace CsAligner.Search.Tests.Servers;

/// <summary>Three nodes of Garnet that share the slots, for all tests that want them: started by the first.</summary>
public sealed class GarnetCluster : IAsyncLifetime
{
    private const int Nodes = 3, Slots = 16_384;

    private readonly Lazy<Task> _start;
    private readonly TemporaryFolder _folder = new();
    private readonly ServerProcess?[] _processes = new ServerProcess?[Nodes];
    private readonly int[] _ports = new int[Nodes];
    private int _prefixes;

    public GarnetCluster() => _start = new Lazy<Task>(StartAsync);

    public async Task<string> AddressAsync()
    {
        await _start.Value;
        return "redis://" + string.Join(',', _ports.Select(port => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}")));
    }

    /// <summary>A prefix of keys that no other test has.</summary>
    public string NewPrefix() => string.Create(CultureInfo.InvariantCulture, $"test{Interlocked.Increment(ref _prefixes)}");

    /// <summary>Ends a node at once (SIGKILL).</summary>
    public async Task KillAsync(int node) => await _processes[node]!.DisposeAsync();

    /// <summary>Starts a node that was killed, with what it has kept.</summary>
    public async Task StartAsync(int node)
    {
        // Port by port: the cluster knows a node by it.
        string data = Directory.CreateDirectory(_folder[$"node{node}"]).FullName;
        string program = typeof(GarnetCluster).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>()
            .Single(each => each.Key == "Garnet").Value!;
        var started = await ServerProcess.StartAsync(
            Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet",
            [
                program, "--bind", "127.0.0.1", "--port", _ports[node].ToString(CultureInfo.InvariantCulture), "--cluster",
                    "--enable-vector-set-preview",
                "--device-type", "RandomAccess", "--checkpointdir", data, "--memory", "64m", "--index", "8m", "--readcache-memory", "16m",
                "--buffer-pool-memory-budget", "32m", "--aof", "--aof-memory", "64m", "--aof-commit-wait", "--recover",
            ],
            data, line => line.Contains("Ready to accept connections", StringComparison.Ordinal));
        _processes[node] = started!.Value.Process;
    }

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (ServerProcess? process in _processes)
            if (process is not null) await process.DisposeAsync();
        _folder.Dispose();
    }

    private async Task StartAsync()
    {
        for (int node = 0; node < Nodes; node++) _ports[node] = FreePort();
        await Task.WhenAll(Enumerable.Range(0, Nodes).Select(StartAsync));
        for (int node = 0; node < Nodes; node++)
        {
            int first = Slots * node / Nodes, last = (Slots * (node + 1) / Nodes) - 1;
            await AskAsync(node, "ADDSLOTSRANGE", first, last);
            await AskAsync(node, "SET-CONFIG-EPOCH", node + 1);
        }

        for (int node = 1; node < Nodes; node++) await AskAsync(0, "MEET", "127.0.0.1", _ports[node]);
        for (int node = 0; node < Nodes; node++)
        {
            // Until every node knows of every slot.
            while (!await KnowsAllAsync(node)) await Task.Delay(50);
        }
    }

    private async Task<bool> KnowsAllAsync(int node)
    {
        string known = (await AskAsync(node, "NODES")).ToString();
        return Enumerable.Range(0, Nodes).All(each =>
            known.Contains($" {Slots * each / Nodes}-{(Slots * (each + 1) / Nodes) - 1}", StringComparison.Ordinal));
    }

    private async Task<RedisResult> AskAsync(int node, params object[] arguments)
    {
        var options = new ConfigurationOptions { AllowAdmin = true, CommandMap = CommandMap.Default };
        options.EndPoints.Add("127.0.0.1", _ports[node]);
        await using ConnectionMultiplexer connection = await ConnectionMultiplexer.ConnectAsync(options);
        return await connection.GetServers()[0].ExecuteAsync("CLUSTER", arguments);
    }

    // The nodes talk to each other 10,000 ports higher.
    private static int FreePort()
    {
        while (true)
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            int port = ((IPEndPoint)listener.LocalEndpoint).Port;
            if (port < 50_000) return port;
            using var low = new TcpListener(IPAddress.Loopback, port - 20_000);
            try
            {
                low.Start();
                return port - 20_000;
            }
            catch (SocketException)
            {
                // Taken: another.
            }
        }
    }
}
