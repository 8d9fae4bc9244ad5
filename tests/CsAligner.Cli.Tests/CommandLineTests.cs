namespace CsAligner.Cli.Tests;

public class CommandLineTests
{
    [Theory]
    [InlineData("measur a b", "unknown command 'measur'; did you mean 'measure'?")]
    [InlineData("algin --help", "unknown command 'algin'; did you mean 'align'?")]
    [InlineData("nothing-like-it", "unknown command 'nothing-like-it'")]
    [InlineData("fetch", "fetch needs a command: icons or pictures or models")]
    [InlineData("fetch icon", "unknown command 'icon'; did you mean 'icons'?")]
    [InlineData("measure a", "Y is missing: a .npy file, or a feature-set folder (its texts)")]
    [InlineData("measure a b c", "one argument too many, 'c': measure takes X Y, and options")]
    [InlineData("measure a b --unknown", "unknown option '--unknown'")]
    [InlineData("measure a --sede 1", "unknown option '--sede'; did you mean '--seed'?")]
    [InlineData("align --objectiv cs", "unknown option '--objectiv'; did you mean '--objective'?")]
    [InlineData("toy", "--out is missing: the folder to write to")]
    [InlineData("toy --out", "--out needs a value: expected a folder to write to")]
    [InlineData("toy --out --json", "--out needs a value: expected a folder to write to, got the option '--json'")]
    [InlineData("toy --out a --out b", "--out is given 2 times: give it once")]
    [InlineData("toy --out a -json", "unknown option '-json'")]
    [InlineData("search set cat --tpo 3", "unknown option '--tpo', and words that look like options go after --; did you mean '--top'?")]
    [InlineData("search set cat -model x", "unknown option '-model', and words that look like options go after --; did you mean "
        + "'--model'?")]
    [InlineData("toy --out a --seed -1", "--seed: expected a whole number from 0 to 18446744073709551615, got '-1'")]
    [InlineData("align --images a --texts b --out c --train txt", "--train: expected both, text or image, got 'txt'; did you mean 'text'?")]
    [InlineData("align --images a --texts b --out c --objective infonec", "did you mean 'infonce'?")]
    [InlineData("align --images a --texts b --out c --adapter low-ranc", "did you mean 'low-rank'?")]
    [InlineData("align --images a --texts b --out c --bandwidth-factors 1 1,5",
        "--bandwidth-factors: expected at most 16 numbers above 0, such as 0.5 1 2, got '1,5'")]
    [InlineData("measure a b --bandwidth med", "--bandwidth: expected a number above 0, 'median' or 'within*F'")]
    [InlineData("embed --model m --out o --onnx-pooling meen", "did you mean 'mean'?")]
    [InlineData("apply --adapter a x y --modality txt", "--modality: expected image or text, got 'txt'; did you mean 'text'?")]
    public void Wrong_usage_exits_2_and_points_to_the_help(string line, string expected)
    {
        CommandLineRun run = CommandLineRun.Of(line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Assert.Equal(2, run.ExitCode);
        Assert.Empty(run.Output);
        Assert.Contains(expected, run.Error);
        Assert.Contains("--help' shows the usage", run.Error);
        Assert.Equal(2, run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
        Assert.All(run.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries), text => Assert.StartsWith("csalign: ", text));
    }

    [Fact]
    public void Help_and_version_exit_0()
    {
        CommandLineRun help = CommandLineRun.Of("--help");
        Assert.Equal((0, ""), (help.ExitCode, help.Error));
        Assert.Contains("measure", help.Output);
        CommandLineRun version = CommandLineRun.Of("--version");
        Assert.Equal(0, version.ExitCode);
        Assert.Matches(@"^\d+\.\d+\.\d+", version.Output);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(40)]
    public void Without_a_command_a_short_page_names_all(int width)
    {
        CommandLineRun run = CommandLineRun.At(width);
        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        string[] lines = run.Error.Split('\n');
        Assert.All(lines, line => Assert.True(line.TrimEnd().Length <= width, line));
        Assert.All(CommandTree.Root.Subcommands,
            command => Assert.Contains(lines, line => line.StartsWith($"  {command.Name} ", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("--image --top 5", "--image needs a value")]
    [InlineData("--json true", "")]
    public void A_flag_takes_no_word_and_a_value_is_no_option(string rest, string expected)
    {
        CommandLineRun run = CommandLineRun.Stopped(["search", "set", "--model", "icon-clip", .. rest.Split(' ')]);
        Assert.Equal(expected.Length > 0 ? 2 : 130, run.ExitCode);
        Assert.Contains(expected, run.Error);
    }

    [Theory]
    [InlineData("align --images a --texts b --out c --features 64", "--features is for --estimator nystrom")]
    [InlineData("evaluate --images a --texts b --features 64", "--features needs --estimator nystrom")]
    [InlineData("measure a b --features 64", "--features needs --estimator nystrom")]
    [InlineData("align --images a --texts b --out c --merge", "--merge needs --lora")]
    [InlineData("align --images a --texts b --out c --adapter linear --adapter-size 4",
        "--adapter-size has no effect with --adapter linear")]
    [InlineData("align --images a --texts b --out c --adapter-layers 4", "--adapter-layers has no effect with --adapter mlp")]
    [InlineData("align --images a --texts b --out c --estimator nystrom --bandwidth-factors 1 2",
        "--bandwidth-factors: the nystrom estimator takes one bandwidth")]
    [InlineData("fetch icons --rebuild-splits a --sets b", "leave out --sets, --out and --size")]
    [InlineData("embed --model m --images a --out b --onnx-device 1", "--onnx-device needs --onnx-provider cuda")]
    public void What_would_have_no_effect_is_a_mistake(string line, string expected)
    {
        CommandLineRun run = CommandLineRun.Of(line.Split(' '));
        Assert.Equal((2, ""), (run.ExitCode, run.Output));
        Assert.Contains(expected, run.ErrorLine);
    }

    [Fact]
    public void A_shell_is_told_what_can_follow()
    {
        Assert.Equal(["measure"], Suggested("csalign meas"));
        Assert.Equal(["--objective"], Suggested("csalign align --obj"));
        Assert.Contains("text", Suggested("csalign align --train "));
        foreach (string shell in (string[])["bash", "zsh", "fish", "pwsh"])
            Assert.Contains("[suggest:", CommandLineRun.Of("completion", shell).Output, StringComparison.Ordinal);

        static string[] Suggested(string line) =>
            CommandLineRun.Of($"[suggest:{line.Length}]", line).Output.Split('\n',
                StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
    }
}
