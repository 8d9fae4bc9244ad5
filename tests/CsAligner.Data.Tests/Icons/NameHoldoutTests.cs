using CsAligner.Data.Icons;

namespace CsAligner.Data.Tests.Icons;

public class NameHoldoutTests
{
    [Theory]
    [InlineData("arrow left", "arrow left")]
    [InlineData("left arrow", "arrow left")]
    [InlineData("arrow left 2", "arrow left")]
    [InlineData("24", "24")]
    [InlineData("man cook medium light skin tone", "cook man")]
    [InlineData("man dark skin tone beard", "beard man")]
    [InlineData("light bulb", "bulb light")]
    [InlineData("chat chat", "chat")]
    public void Captions_that_give_each_other_away_share_a_key(string caption, string key) => Assert.Equal(key, NameHoldout.Key(caption));

    [Fact]
    public void About_the_asked_share_is_held_out_and_the_same_each_time()
    {
        var holdout = new NameHoldout("seed", 0.05);
        string[] names = [.. Enumerable.Range(0, 20_000).Select(i => $"name{i}")];
        int count = names.Count(holdout.IsHeldOut);
        Assert.InRange(count, 880, 1120); // four standard deviations of a binomial
        var again = new NameHoldout("seed", 0.05);
        Assert.All(names, n => Assert.Equal(holdout.IsHeldOut(n), again.IsHeldOut(n)));
        var other = new NameHoldout("another", 0.05);
        Assert.NotEqual(names.Where(holdout.IsHeldOut), names.Where(other.IsHeldOut));
    }

    [Fact]
    public void An_icon_is_held_out_by_any_of_its_names()
    {
        var holdout = new NameHoldout("seed", 0.5);
        string held = Enumerable.Range(0, 100).Select(i => $"n{i}").First(holdout.IsHeldOut);
        string free = Enumerable.Range(0, 100).Select(i => $"n{i}").First(n => !holdout.IsHeldOut(n));
        var shape = new IconShape("", 0, 0, 1, 1);
        Assert.True(holdout.IsHeldOut(new Icon("x", free, [held], [], shape)));
        Assert.False(holdout.IsHeldOut(new Icon("x", free, [free], [held], shape)));
    }
}
