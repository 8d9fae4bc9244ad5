using System.Globalization;
using CsAligner.Search.Tests.Servers;

[assembly: AssemblyFixture(typeof(PostgresServer))]

namespace CsAligner.Search.Tests.Servers;

/// <summary>A PostgreSQL with pgvector for all tests that want one: started by the first. One session serves all its connections.</summary>
public sealed class PostgresServer : IAsyncLifetime
{
    private readonly Lazy<Task<int>> _port;
    private ServerProcess? _process;
    private int _tables;

    public PostgresServer() => _port = new Lazy<Task<int>>(StartAsync);

    /// <summary>A connection string, or the test is skipped.</summary>
    public async Task<string> ConnectionAsync() => Connection(await _port.Value);

    public async Task<int> PortAsync() => await _port.Value;

    public static string Connection(int port) => string.Create(CultureInfo.InvariantCulture,
        $"Host=127.0.0.1;Port={port};Database=postgres;Username=postgres;Password=postgres;SSL Mode=Disable;Maximum Pool Size=1");

    /// <summary>The name of a table that no other test has.</summary>
    public string NewTable() => string.Create(CultureInfo.InvariantCulture, $"items_{Interlocked.Increment(ref _tables)}");

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_process is not null) await _process.DisposeAsync();
    }

    private async Task<int> StartAsync()
    {
        string folder = Path.Combine(AppContext.BaseDirectory, "postgres");
        Assert.True(File.Exists(Path.Combine(folder, "package-lock.json")), $"the build did not copy package-lock.json to {folder}");
        if (!File.Exists(Path.Combine(folder, "node_modules", ".package-lock.json")))
        {
            Assert.SkipWhen(Environment.GetEnvironmentVariable("CSALIGN_OFFLINE") == "1",
                "PGlite is not here and CSALIGN_OFFLINE=1 forbids fetching it");
            var installed = await ServerProcess.RunAsync("npm",
                ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"], folder);
            Assert.SkipWhen(installed is null, "PGlite, the PostgreSQL of these tests, needs Node.js with npm, which is not here");
            bool offline = new[] { "ENOTFOUND", "EAI_AGAIN", "ECONN", "ETIMEDOUT", "ENETUNREACH" }
                .Any(sign => installed!.Value.Said.Contains(sign, StringComparison.Ordinal));
            Assert.SkipWhen(installed!.Value.Code != 0 && offline,
                "PGlite, the PostgreSQL of these tests, is not here, and there is no network to fetch it");
            Assert.True(installed.Value.Code == 0, installed.Value.Said);
        }

        var started = await ServerProcess.StartAsync(
            "node", [Path.Combine(folder, "postgres.mjs")], folder, line => line.StartsWith("port ", StringComparison.Ordinal));
        Assert.SkipWhen(started is null, "PGlite, the PostgreSQL of these tests, needs Node.js, which is not here");
        _process = started!.Value.Process;
        return int.Parse(started.Value.Line.AsSpan(5), CultureInfo.InvariantCulture);
    }
}
