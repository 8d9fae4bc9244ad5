using CsAligner.Search.Tests.Servers;
using CsAligner.Web.Tests.Site;
using Microsoft.Playwright;

// The tests share two processors with the browser, and some change what the others would see.
[assembly: Xunit.v3.Parallelization(Mode = Xunit.Sdk.ParallelMode.None)]
[assembly: AssemblyFixture(typeof(Chromium))]

namespace CsAligner.Web.Tests.Site;

/// <summary>The browser of all tests: the system's Chromium, which Playwright drives. Debian's is installed where there is none.</summary>
public sealed class Chromium : IAsyncLifetime
{
    private static readonly string[] Names = ["chromium", "chromium-browser", "google-chrome", "chrome"];

    private readonly Lazy<Task<IBrowser>> _browser;
    private IPlaywright? _playwright;

    public Chromium() => _browser = new Lazy<Task<IBrowser>>(StartAsync);

    /// <summary>The browser, or the test is skipped.</summary>
    public Task<IBrowser> BrowserAsync() => _browser.Value;

    public ValueTask InitializeAsync() => ValueTask.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        if (_browser.IsValueCreated && _browser.Value.IsCompletedSuccessfully) await (await _browser.Value).CloseAsync();
        _playwright?.Dispose();
    }

    private async Task<IBrowser> StartAsync()
    {
        string? program = Find();
        if (program is null)
        {
            await InstallAsync();
            program = Find();
        }

        Assert.SkipWhen(program is null, "these tests need Chromium, which is not here and could not be installed");
        _playwright = await Playwright.CreateAsync();
        // Root has no sandbox; containers have little shared memory.
        return await _playwright.Chromium.LaunchAsync(new()
        {
            ExecutablePath = program,
            Args = ["--no-sandbox", "--disable-dev-shm-usage"],
        });
    }

    private static string? Find() => (Environment.GetEnvironmentVariable("PATH") ?? "")
        .Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries)
        .SelectMany(folder => Names.Select(name => Path.Combine(folder, OperatingSystem.IsWindows() ? name + ".exe" : name)))
        .FirstOrDefault(File.Exists);

    // Only root can, and only where there is apt: elsewhere nothing happens, and the tests are skipped.
    private static async Task InstallAsync()
    {
        if (!OperatingSystem.IsLinux() || Environment.GetEnvironmentVariable("CSALIGN_OFFLINE") == "1") return;
        string folder = AppContext.BaseDirectory;
        _ = await ServerProcess.RunAsync("apt-get", ["update", "-qq"], folder);
        _ = await ServerProcess.RunAsync(
            "env", ["DEBIAN_FRONTEND=noninteractive", "apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium"], folder);
    }
}
