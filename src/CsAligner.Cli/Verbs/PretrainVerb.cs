using System.CommandLine;
using CsAligner.Cli.Running;
using CsAligner.Cli.Usage;
using CsAligner.Generation.Training;
using CsAligner.Studies.Pretraining;
using CsAligner.Studies.Sessions;

namespace CsAligner.Cli.Verbs;

/// <summary><c>csalign pretrain RECIPE.json</c>: train a CLIP on icons and their names, or a decoder on icons.</summary>
internal static class PretrainVerb
{
    public static Command Create(CommandRunner runner)
    {
        var recipe = CommonOptions.Path("RECIPE", PathRole.Recipe, "A recipe, a JSON file such as recipes/icon-clip.json");
        var output = CommonOptions.RequiredPath("--out", PathRole.OutputFolder, "The folder of the run and of the finished model");
        var resume = new Option<bool>("--resume") { Description = "Continue from the checkpoint in --out" };
        var init = CommonOptions.OptionalPath(
            "--init", PathRole.Decoder, "Start a decoder with the weights in this folder");
        var interval = CommonOptions.Number(
            "--checkpoint-interval",
            "Write a checkpoint every this many seconds",
            fallback: 180, least: 0, most: 86_400);
        var json = CommonOptions.Json();
        var command = new Command("pretrain", "Train a CLIP on icons and their names, or a decoder on icons")
        {
            recipe, output, resume, init, interval, json
        };
        runner.SetAction(command, (parsed, session) =>
        {
            string path = parsed.GetRequiredValue(recipe), folder = parsed.GetRequiredValue(output);
            var between = TimeSpan.FromSeconds(parsed.GetValue(interval));
            bool decoder = RecipeKind.Of(path) == DecoderRecipe.KindName;
            if (decoder && session.Ranks is { Size: > 1 })
                throw new UsageException("a decoder trains in one process: start pretrain without mpirun");
            if (decoder)
                DecoderPretraining.Run(
                    session, path, folder, parsed.GetValue(resume), parsed.GetValue(init), between, parsed.GetValue(json));
            else ClipPretraining.Run(session, path, folder, parsed.GetValue(resume), between, parsed.GetValue(json));
        },
        parsed =>
        {
            string path = parsed.GetRequiredValue(recipe);
            if (parsed.IsGiven(init) && File.Exists(path) && RecipeKind.Of(path) != DecoderRecipe.KindName)
                throw new UsageException("--init is for decoder recipes: leave it out");
        },
        shared: true);
        return command;
    }
}
