using CsAligner.Search.Tests.Servers;
using CsAligner.Testing;
using CsAligner.Web.Tests.Site;

[assembly: AssemblyFixture(typeof(SearchServer))]

namespace CsAligner.Web.Tests.Site;

/// <summary><c>csalign serve</c> on icons of the demo and their names: downloaded and embedded once, with an index for each run.</summary>
public sealed class SearchServer : IAsyncLifetime
{
    // Over 20,000 items.
    private const string Sets = "lucide,noto,tabler";

    private static readonly string Folder = Path.Combine(AppContext.BaseDirectory, "demo-icons"), Icons = Path.Combine(Folder, "icons"),
        Features = Path.Combine(Folder, "features"), Embedded = Path.Combine(Features, "features.json");

    private readonly TemporaryFolder _folder = new();
    private readonly List<ServerProcess> _processes = [];
    private readonly Lazy<Task<Uri>> _open, _locked;

    public SearchServer()
    {
        _open = new Lazy<Task<Uri>>(() => StartAsync("open"));
        _locked = new Lazy<Task<Uri>>(() => StartAsync("locked",
            "--api-key-file", _folder.Write("keys", "read read-key-of-the-tests\nwrite write-key-of-the-tests\n"u8)));
    }

    /// <summary>A service without keys.</summary>
    public Task<Uri> AddressAsync() => _open.Value;

    /// <summary>One with the keys <c>read-key-of-the-tests</c> and <c>write-key-of-the-tests</c>.</summary>
    public Task<Uri> LockedAddressAsync() => _locked.Value;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (ServerProcess process in _processes) await process.DisposeAsync();
        _folder.Dispose();
    }

    private async Task<Uri> StartAsync(string name, params string[] options)
    {
        await Fetched.OrSkipAsync("the demo's icons", File.Exists(Embedded), async _ =>
        {
            await RunAsync("fetch", "icons", "--sets", Sets, "--out", Icons);
            await RunAsync("embed", "--model", "icon-clip", "--data", Icons, "--out", Features);
        });
        var started = await ServerProcess.StartAsync(Dotnet,
            [
                Program, "serve", Features, "--model", "icon-clip", "--pictures", Icons, "--store", _folder[name],
                "--listen", "127.0.0.1:0", "--rate", "0", .. options,
            ],
            Folder, line => line.StartsWith("http://", StringComparison.Ordinal));
        _processes.Add(started!.Value.Process);
        return new Uri(started.Value.Line);
    }

    private static async Task RunAsync(params string[] arguments)
    {
        var ran = await ServerProcess.RunAsync(Dotnet, [Program, .. arguments], Directory.CreateDirectory(Folder).FullName);
        if (ran!.Value.Code != 0) throw new InvalidOperationException($"csalign {string.Join(' ', arguments)}: {ran.Value.Said}");
    }

    private static string Dotnet => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") ?? "dotnet";

    private static string Program => Path.Combine(AppContext.BaseDirectory, "csalign.dll");
}
