using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Gateway.Mqtt.Broker.Access;
using Gateway.Mqtt.Topics;

namespace Gateway.Mqtt.Broker.Tests.Access;

public sealed class AclAuthorizerTests
{
    private static readonly string[] Levels = ["a", "b", "", "$x", "fresh"];

    private static readonly string[] Topics = [.. Enumerable.Range(1, 4).SelectMany(All).Where(topic => topic.Length > 0)];

    private static readonly Gen<string> Filter =
        from levels in Gen.ArrayOf(Gen.Elements("a", "b", "", "+", "$x")).Where(levels => levels.Length is > 0 and < 4)
        from hash in Gen.Elements(true, false, false)
        let text = string.Join('/', levels)
        select hash ? text.Length == 0 ? "#" : text + "/#" : text.Length == 0 ? "+" : text;

    // The client is user "a" with identifier "b".
    private static readonly Gen<string> Pattern =
        from filter in Filter
        from placeholders in Gen.Choose(0, 3)
        select filter.StartsWith('$') ? filter : placeholders switch
        {
            1 => filter.Replace('a', 'U').Replace("U", "%u", StringComparison.Ordinal),
            2 => filter.Replace("b", "%c", StringComparison.Ordinal),
            _ => filter,
        };

    private static readonly ClientIdentity Client = new("b", "a");

    [Fact]
    public void Publishing_and_receiving_are_judged_as_a_naive_matcher_does()
        => Prop.ForAll(
            Gen.ArrayOf(from pattern in Pattern from access in Gen.Choose(1, 7) from denied in Gen.Elements(true, false, false) select (pattern, access, denied)).ToArbitrary(),
            rules =>
            {
                var subjects = new[] { AclSubject.Everyone, AclSubject.User("a"), AclSubject.User("other"), AclSubject.Anonymous };
                var all = rules.Select((rule, i) => new AclRule(subjects[i % 4], (AclAccess)rule.access, rule.pattern, rule.denied)).ToList();
                var authorizer = new AclAuthorizer(all);
                var mine = all.Where(rule => rule.Subject == AclSubject.Everyone || rule.Subject == AclSubject.User("a")).ToList();
                foreach (var topic in Topics)
                {
                    foreach (var access in new[] { AclAccess.Write, AclAccess.Receive })
                    {
                        var matching = mine.Where(rule => (rule.Access & access) != 0 && NaiveMatches(Expand(rule.TopicPattern), topic)).ToList();
                        var expected = matching.Exists(rule => !rule.IsDenied) && !matching.Exists(rule => rule.IsDenied);
                        var bytes = Encoding.UTF8.GetBytes(topic);
                        Assert.Equal(expected, access == AclAccess.Write ? authorizer.MayPublish(Client, bytes) : authorizer.MayRead(Client, bytes));
                    }
                }
            }).QuickCheckThrowOnFailure();

    [Fact]
    public void A_filter_may_be_subscribed_when_all_it_matches_is_allowed()
        => Prop.ForAll(
            Filter.ToArbitrary(),
            Pattern.ToArbitrary(),
            (filter, pattern) =>
            {
                var authorizer = new AclAuthorizer([new AclRule(AclSubject.Everyone, AclAccess.Subscribe, pattern)]);
                var isWithin = Topics.Where(topic => NaiveMatches(filter, topic)).All(topic => NaiveMatches(Expand(pattern), topic));
                Assert.Equal(isWithin, authorizer.MaySubscribe(Client, Encoding.UTF8.GetBytes(filter)));
            }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("%u/#", "+", "c", "a/x")]
    [InlineData("%u/#", "+", "c", "+/x")]
    [InlineData("%u/#", "#", "c", "#")]
    [InlineData("%u/#", "#", "c", "a")]
    [InlineData("home/%u/#", "a/b", "c", "home/a/b")]
    [InlineData("home/%u/#", "a/b", "c", "home/a/x")]
    [InlineData("home/%c", "u", "+", "home/x")]
    [InlineData("home/%c", "u", "+", "home/+")]
    [InlineData("home/%c/#", "u", "#", "home/#")]
    [InlineData("home/%c/#", "u", "../+", "home/x")]
    [InlineData("%c/#", "u", "$SYS", "$SYS/broker/uptime")]
    [InlineData("%u/#", "", "c", "/x")]
    [InlineData("%u/#", null, "c", "x")]
    [InlineData("%u%c/x", "ab", "c", "ab/x")]
    public void A_name_never_widens_a_pattern(string pattern, string? user, string clientId, string topic)
    {
        var authorizer = new AclAuthorizer([new AclRule(AclSubject.Everyone, AclAccess.All, pattern)]);
        var client = new ClientIdentity(clientId, user);
        Assert.False(authorizer.MaySubscribe(client, Encoding.UTF8.GetBytes(topic)));
        if (TopicName.IsValid(topic))
        {
            Assert.False(authorizer.MayPublish(client, Encoding.UTF8.GetBytes(topic)));
            Assert.False(authorizer.MayRead(client, Encoding.UTF8.GetBytes(topic)));
        }
    }

    [Theory]
    [InlineData("%u/#", "änn", "c", "änn/x")]
    [InlineData("dev-%c/%u", "ann", "7", "dev-7/ann")]
    [InlineData("%u-%u-%c", "x", "y", "x-x-y")]
    [InlineData("%x/%u", "ann", "c", "%x/ann")]
    public void A_name_stands_where_its_placeholder_is(string pattern, string user, string clientId, string topic)
    {
        var authorizer = new AclAuthorizer([new AclRule(AclSubject.User(user), AclAccess.All, pattern)]);
        Assert.True(authorizer.MayPublish(new ClientIdentity(clientId, user), Encoding.UTF8.GetBytes(topic)));
        Assert.False(authorizer.MayPublish(new ClientIdentity(clientId + "x", user + "x"), Encoding.UTF8.GetBytes(topic)));
    }

    [Fact]
    public void Without_a_rule_nothing_is_allowed_and_rules_can_be_replaced()
    {
        var authorizer = new AclAuthorizer([]);
        Assert.False(authorizer.MayPublish(Client, "t"u8));
        authorizer.Replace([new AclRule(AclSubject.Everyone, AclAccess.Write, "t")]);
        Assert.True(authorizer.MayPublish(Client, "t"u8));
        Assert.False(authorizer.MayRead(Client, "t"u8));
        Assert.Throws<ArgumentException>(() => authorizer.Replace([new AclRule(AclSubject.Everyone, AclAccess.All, "a#")]));
        Assert.True(authorizer.MayPublish(Client, "t"u8));
    }

    [Fact]
    public void Anonymous_clients_have_rules_of_their_own()
    {
        var authorizer = new AclAuthorizer([new AclRule(AclSubject.Anonymous, AclAccess.Read, "public/#")]);
        Assert.True(authorizer.MayRead(new ClientIdentity("c", null), "public/x"u8));
        Assert.False(authorizer.MayRead(Client, "public/x"u8));
    }

    [Theory]
    [InlineData("", "it is empty")]
    [InlineData("a/#/b", "'+' and '#' stand for whole levels, and '#' comes last")]
    [InlineData("a+", "'+' and '#' stand for whole levels, and '#' comes last")]
    [InlineData("$share/g/a", "a shared subscription is allowed by the filter that follows '$share/…/'")]
    [InlineData("%u/+/#", null)]
    public void A_pattern_that_is_none_is_refused_with_the_reason(string pattern, string? reason) => Assert.Equal(reason, AclRule.Refuse(pattern));

    [Fact]
    public void Thousands_of_rules_are_judged_without_allocating()
    {
        var authorizer = new AclAuthorizer(Enumerable.Range(0, 10_000)
            .Select(i => new AclRule(i % 2 == 0 ? AclSubject.Everyone : AclSubject.User($"user{i % 100}"), AclAccess.All, $"plant/{i}/+/%u/#")));
        var client = new ClientIdentity("c", "user1");
        Assert.True(authorizer.MayPublish(client, "plant/42/x/user1/y"u8));
        Assert.False(authorizer.MayPublish(client, "plant/42/x/user2/y"u8));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < 100; i++)
        {
            authorizer.MayRead(client, "plant/42/x/user1/y"u8);
            authorizer.MaySubscribe(client, "plant/+/x/user1/#"u8);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }

    private static IEnumerable<string> All(int depth)
        => depth == 1 ? Levels : Levels.SelectMany(level => All(depth - 1).Select(rest => $"{level}/{rest}"));

    private static string Expand(string pattern)
        => pattern.Replace("%u", "a", StringComparison.Ordinal).Replace("%c", "b", StringComparison.Ordinal);

    private static bool NaiveMatches(string filter, string topic) => TopicFilter.Matches(filter, topic);
}
