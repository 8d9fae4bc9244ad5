using CsAligner.Search.Tests.Servers;

namespace CsAligner.Web.Tests.Site;

/// <summary>Packages of npm that tests need: installed beside them the first time.</summary>
internal static class Npm
{
    private static readonly string[] NoNetwork = ["ENOTFOUND", "EAI_AGAIN", "ECONN", "ETIMEDOUT", "ENETUNREACH"];

    /// <summary>Installs what package-lock.json in a folder of the build names, or skips the test.</summary>
    /// <returns>The folder that holds the packages.</returns>
    public static async Task<string> InstallAsync(string name, string what)
    {
        string folder = Path.Combine(AppContext.BaseDirectory, name), packages = Path.Combine(folder, "node_modules");
        Assert.True(File.Exists(Path.Combine(folder, "package-lock.json")), $"the build did not copy package-lock.json to {folder}");
        if (File.Exists(Path.Combine(packages, ".package-lock.json"))) return packages;
        Assert.SkipWhen(Environment.GetEnvironmentVariable("CSALIGN_OFFLINE") == "1",
            $"{what} is not here and CSALIGN_OFFLINE=1 forbids fetching it");
        var installed = await ServerProcess.RunAsync("npm",
            ["ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier"], folder);
        Assert.SkipWhen(installed is null, $"{what} needs Node.js with npm, which is not here");
        var (code, said) = installed!.Value;
        Assert.SkipWhen(code != 0 && NoNetwork.Any(sign => said.Contains(sign, StringComparison.Ordinal)),
            $"{what} is not here, and there is no network to fetch it");
        Assert.True(code == 0, said);
        return packages;
    }
}
