using System.Diagnostics;
using CsAligner.Testing;

namespace CsAligner.Cli.Tests.Verbs;

public class AlignKillTests
{
    private const int Kills = 2;

    [Fact]
    public async Task A_run_that_is_killed_again_and_again_ends_with_the_same_bytes()
    {
        using var folder = new TemporaryFolder();
        double[][] rows = FeatureFiles.Cloud(1, 3000, 32, 0.2);
        string images = FeatureFiles.Save(folder, "images.npy", rows);
        string texts = FeatureFiles.Save(folder, "texts.npy", FeatureFiles.Partner(2, rows, 0.3, 0.8));
        string[] Line(string name) =>
            ["align", "--images", images, "--texts", texts, "--out", folder[name], "--epochs", "60", "--batch-size", "256", "--resume"];

        int kills = 0;
        for (int attempt = 0; attempt < Kills; attempt++)
            kills += await KillAfterCheckpointAsync(Line("cut"), folder["cut/checkpoint.safetensors"]) ? 1 : 0;
        Assert.True(kills > 0, "every run ended before it could be killed");
        Assert.Equal(0, CommandLineRun.Of(Line("cut")).ExitCode);
        Assert.Equal(0, CommandLineRun.Of(Line("whole")).ExitCode);
        foreach (string file in (string[])["image-adapter.safetensors", "text-adapter.safetensors"])
            Assert.Equal(File.ReadAllBytes(folder[$"whole/{file}"]), File.ReadAllBytes(folder[$"cut/{file}"]));
        Assert.Empty(Directory.GetFiles(folder["cut"], ".*"));
    }

    /// <summary>Kills a run as soon as it has written its next checkpoint; false when it ended before.</summary>
    private static async Task<bool> KillAfterCheckpointAsync(string[] line, string checkpoint)
    {
        DateTime before = File.GetLastWriteTimeUtc(checkpoint);
        string program = Path.Combine(AppContext.BaseDirectory, "csalign.dll");
        var start = new ProcessStartInfo(Environment.ProcessPath is { } path && Path.GetFileNameWithoutExtension(path) == "dotnet"
            ? path
            : "dotnet", [program, .. line])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        Task<string> output = process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        while (!process.HasExited && File.GetLastWriteTimeUtc(checkpoint) == before)
            await Task.Delay(20, TestContext.Current.CancellationToken);
        bool killed = !process.HasExited;
        process.Kill();
        await Task.WhenAll(error, output, process.WaitForExitAsync(TestContext.Current.CancellationToken));
        return killed;
    }
}
